//go:build !linux

package countersign

// Links the library that the linker of this system prefers.

// #cgo pkg-config: --static countersign
import "C"
