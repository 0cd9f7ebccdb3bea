//go:build !linux

package countersign

// Whichever library the linker of this system prefers.

// #cgo pkg-config: --static countersign
import "C"
