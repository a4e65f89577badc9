package control

import (
	"context"
	"net/http"
	"net/url"
)

// unservedAnswer is about a failed transaction.
type unservedAnswer struct {
	Unserved bool `json:"unserved"`
}

func (s *Server) unserved(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, unservedAnswer{Unserved: s.options.Relay.Unserved(r.PathValue("txid"))})
}

// Unserved asks whether a transaction has failed just now because the chaincode crashed, or was not
// ready.
func (c *Client) Unserved(ctx context.Context, txid string) (bool, error) {
	var a unservedAnswer
	err := c.get(ctx, "/v1/unserved/"+url.PathEscape(txid), nil, &a)
	return a.Unserved, err
}
