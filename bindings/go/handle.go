package countersign

import (
	"runtime"
	"unsafe"
)

// A handle owns something that the library has made. It is freed when nothing in Go holds the handle any more, so
// whoever uses the pointer keeps the handle alive until the call has returned, and nothing is ever used that was freed.
type handle struct {
	pointer unsafe.Pointer
}

func own(pointer unsafe.Pointer, free func(unsafe.Pointer)) *handle {
	owner := &handle{pointer}
	runtime.AddCleanup(owner, free, pointer)
	return owner
}
