// Package wire carries the streams between peers, the relay and chaincodes: gRPC over HTTP/2, and of
// it what those streams are, which is messages both ways for as long as both ends like.
//
// It speaks with any gRPC, and is there in gRPC's own place for what a message costs. A message that
// is passed on wakes three goroutines of one thread, in turn, and makes one read and one write of a
// socket; nothing is measured on the way, and no other end is woken for its measurements
// (RFC 9113: 6.7 leaves open when a ping is answered).
//
//	socket ──▶ reader ──▶ inbox ──▶ Recv        of a stream, one of several of a connection
//	socket ◀────────────────────── Send
//
// Nobody waits for the other end but those who send to it or receive from it. What a socket does not
// take at once a goroutine of its own writes, and a stream whose messages are not received is granted
// no more of them.
package wire
