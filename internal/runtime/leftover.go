package runtime

import "context"

// Leftover is what a project whose folder is gone has left running or lying about.
type Leftover struct {
	Dir    string                          // the folder that the project had
	What   string                          // in words: "2 containers, 1 network"
	Remove func(ctx context.Context) error // all of it
}
