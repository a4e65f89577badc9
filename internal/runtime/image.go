package runtime

import "time"

// ImageConfig is what a new image runs with.
type ImageConfig struct {
	Entrypoint []string
	Cmd        []string
	Env        []string // "NAME=value"
	Labels     map[string]string
	WorkingDir string
}

// ImageLabel marks the images ccdev made; its value says what the image holds.
const ImageLabel = "dev.ccdev.image"

// Image is an image that ccdev made or uses.
type Image struct {
	Ref     string            `json:"ref"`
	Size    int64             `json:"size"` // bytes
	Created time.Time         `json:"created"`
	Labels  map[string]string `json:"labels,omitempty"`
}
