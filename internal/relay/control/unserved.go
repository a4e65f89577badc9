package control

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ccdev/ccdev/internal/relay"
)

// unservedAnswer is about a failed transaction.
type unservedAnswer struct {
	Unserved relay.Unserved `json:"unserved"`
}

// giveUpAnswer is about one that hung.
type giveUpAnswer struct {
	Had bool `json:"had"`
}

func (s *Server) unserved(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, unservedAnswer{Unserved: s.options.Relay.Unserved(r.PathValue("txid"))})
}

func (s *Server) giveUp(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, giveUpAnswer{Had: s.options.Relay.GiveUp(r.PathValue("txid"))})
}

// Unserved asks whether a transaction has failed just now because the chaincode crashed, or was not
// ready.
func (c *Client) Unserved(ctx context.Context, txid string) (relay.Unserved, error) {
	var a unservedAnswer
	err := c.get(ctx, "/v1/unserved/"+url.PathEscape(txid), nil, &a)
	return a.Unserved, err
}

// GiveUp has a transaction end that the chaincode does not answer, and says whether the chaincode had
// it.
func (c *Client) GiveUp(ctx context.Context, txid string) (had bool, err error) {
	req, err := c.request(ctx, http.MethodPost, "/v1/giveup/"+url.PathEscape(txid), nil, nil)
	if err != nil {
		return false, err
	}
	var a giveUpAnswer
	err = c.do(req, &a)
	return a.Had, err
}
