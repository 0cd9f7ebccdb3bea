//go:build cgo

package countersign

import (
	"runtime"
	"unsafe"
)

// A handle owns an object of the C library, which is freed when nothing in Go refers to the handle any more. Code that
// uses the pointer keeps the handle alive until the call has returned, so no freed object is ever used.
type handle struct {
	pointer unsafe.Pointer
}

func own(pointer unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	owner := &handle{pointer}
	runtime.AddCleanup(owner, free, pointer)
	return owner
}
