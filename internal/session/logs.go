package session

import (
	"context"
	"slices"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
)

// Logs emits the lines of the named services' logs (of all services when none is named). A
// chaincode's name stands for its service. Faults name a service that is not there. With Follow, so it
// does of the services that these names stand for later, until none of them runs; what they wrote
// before comes in the order of its time.
func (s *Session) Logs(ctx context.Context, names []string, o runtime.LogOptions) error {
	l, err := s.find(ctx)
	if err != nil {
		return err
	}
	return s.logs(ctx, l, names, o)
}

func (s *Session) logs(ctx context.Context, l *live, names []string, o runtime.LogOptions) error {
	services, err := l.rt.Services(ctx)
	if err != nil {
		return err
	}
	chosen, err := choose(l.net, services, names)
	if err != nil {
		return err
	}
	if !o.Follow { // one after the other: a log is read as a whole
		for _, name := range chosen {
			if err := l.rt.Logs(ctx, name, o, logLine(name, s.emitLog)); err != nil {
				return err
			}
		}
		return nil
	}
	return s.follow(ctx, l, chosen, func(services []runtime.Service) []string {
		chosen, _ := choose(l.net, services, names) // one that is not there now may be later
		return chosen
	}, o.Tail)
}

func (s *Session) emitLog(l event.Log) { s.emit(l) }

// logLine gives the lines of a service's log as events.
func logLine(service string, to func(event.Log)) func(runtime.Line) {
	return func(line runtime.Line) { to(event.Log{Service: service, Time: line.Time, Text: line.Text}) }
}

// choose finds the services that names mean.
func choose(n network.Network, services []runtime.Service, names []string) ([]string, error) {
	var there []string
	known := map[string]string{}
	for _, svc := range services {
		there = append(there, svc.Name)
		known[svc.Name] = svc.Name
	}
	for _, cc := range n.Chaincodes {
		if known[cc.Service] != "" && known[cc.Name] == "" {
			known[cc.Name] = cc.Service
		}
	}
	if len(names) == 0 {
		return there, nil
	}
	var chosen []string
	for _, name := range names { // a chaincode's generations that are services go with it
		service, ok := known[name]
		if !ok {
			return nil, fault.New(fault.Usage, `see which there are: "ccdev status"`, "there is no service %q in this network", name)
		}
		for _, service := range withGenerations(n, service, there) {
			if !slices.Contains(chosen, service) {
				chosen = append(chosen, service)
			}
		}
	}
	return chosen, nil
}

// Services are the names of the network's services that there are, for completion.
func (s *Session) Services(ctx context.Context) []string {
	l, err := s.find(ctx)
	if err != nil {
		return nil
	}
	services, err := l.rt.Services(ctx)
	if err != nil {
		return nil
	}
	names, _ := choose(l.net, services, nil) // cannot fail without names
	return names
}
