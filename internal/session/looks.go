package session

import (
	"context"
	"os"
	"slices"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
)

// The looks of the steps that always run: they tell a plan what is there, no more.

func (u *bringUp) lookFabric(context.Context) (done bool, reason string, err error) {
	return u.programs.Peer != "", u.fabricReason(), nil
}

func (u *bringUp) lookIdentities(context.Context) (done bool, reason string, err error) {
	if _, missing := os.Stat(u.net.GenesisBlock()); missing != nil { // made last, from all others
		return false, "", nil
	}
	return true, "in " + u.net.StateDir(), nil
}

func (u *bringUp) lookNodes(ctx context.Context) (done bool, reason string, err error) {
	services, err := u.rt.Services(ctx)
	if err != nil {
		return false, "", err
	}
	run := runningOf(services)
	for _, name := range u.net.NodeNames() {
		if !slices.Contains(run, name) {
			return false, "", nil
		}
	}
	return true, "all running", nil
}

func (u *bringUp) lookOrderer(context.Context) (done bool, reason string, err error) {
	joined, err := lifecycle.OrdererJoined(u.net)
	if !joined {
		return false, "", err
	}
	return true, "it has " + u.net.Channel, nil
}

func (u *bringUp) lookOrders(ctx context.Context) (done bool, reason string, err error) {
	if !lifecycle.Orders(ctx, u.net) {
		return false, "", nil
	}
	return true, "it takes transactions of " + u.net.Channel, nil
}
