package project

// The databases that peers can keep the world state in.
const (
	LevelDB = "leveldb" // in the peer itself
	CouchDB = "couchdb" // beside it, with rich queries and indexes
)

// stateDatabaseCheck is the rule for stateDatabase.
func stateDatabaseCheck(p Project) check {
	return check{"$.stateDatabase", oneOf("stateDatabase", p.StateDatabase, LevelDB, CouchDB)}
}
