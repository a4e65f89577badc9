// Package relay is the chaincode to the peers and the peer to the chaincodes: it keeps each peer's
// stream, and moves new transactions from one generation of the chaincode to the next.
//
// One upstream is one peer's stream; one downstream is one stream of a process of a generation,
// for one upstream. Each has a reader and a writer of its own, and between them lies the router:
//
//	           upstream                     router                    downstream
//	peer ──▶ reader ──────────▶ ┌────────────────────────────┐ ──▶ queue ─▶ writer ──▶ generation 7
//	                            │ (channel, txid) → down     │                         (live)
//	peer ◀── writer ◀─ queue ◀─ │ live, starting, previous   │ ◀────────── reader ◀──
//	                            │ txid → generation          │
//	peer ──▶ …                  │ REGISTERED, READY per peer │ ──▶ …             ──▶ generation 6
//	                            └────────────────────────────┘                         (draining)
//
// The router is a mutex with small critical sections that do no I/O: a lookup, and a push to a
// queue that never blocks. It is no goroutine of its own, because every message of every
// transaction passes through it, twice per request, and each passage would cost two more switches
// between goroutines. Because a push happens in the critical section that chose the queue, a
// cut-over is one moment for all messages: none is sent to a generation that was stopped
// before.
//
// A queue to a chaincode is bounded in bytes: more transactions are refused, and a chaincode that
// reads nothing meanwhile is ended. A queue to a peer holds back those chaincodes that fill it, and
// nobody else.
//
// A generation goes through these states:
//
//	starting ──▶ live ──▶ draining ──▶ standby ──▶ stopped
//	    │          │ ◀───────┴────────────┘ (the next one crashed right after the swap)
//	    └──────────┴──▶ crashed
//
// A standby is kept until the next one has proved itself; and where there are several peers, for a
// moment after its last transaction (Config.EndorseLimit), as another peer may be about to execute
// the same one and has to get the same result.
package relay
