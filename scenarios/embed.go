// Package scenarios holds the scripted tutorials that "ccdev scenario" walks a user through.
package scenarios

import "embed"

// Files are the scenarios, a folder each. What is source of another module carries the ending
// .txt: embed refuses a folder that holds a go.mod, and it is no part of this module.
//
//go:embed */*
var Files embed.FS
