package countersign

// #include "calls.h"
import "C"

import (
	"math/bits"
	"runtime"
	"sync"
	"unsafe"
)

// A block is C memory for arguments that contain pointers: Go memory that contains pointers must not be passed to C.
// Blocks are reused, so that a call allocates nothing.
type block struct {
	start   unsafe.Pointer
	size    uintptr
	cleanup runtime.Cleanup // for those that the pool drops
}

var blocks sync.Pool

const (
	smallestBlock = 4 << 10
	// Larger ones are rare and not kept.
	largestKept = 8 << 20
)

// takeBlock returns a block with room for size bytes. The caller must give it back.
func takeBlock(size uintptr) *block {
	taken, ok := blocks.Get().(*block)
	if ok && taken.size >= size {
		return taken
	}
	if ok {
		taken.free()
	}
	if size <= largestKept {
		// Powers of two, so that a block does not grow little by little.
		size = 1 << bits.Len(max(uint(size), smallestBlock)-1)
	}
	made := &block{start: C.malloc(C.size_t(size)), size: size}
	made.cleanup = runtime.AddCleanup(made, func(start unsafe.Pointer) { C.free(start) }, made.start)
	return made
}

func (b *block) giveBack() {
	if b.size > largestKept {
		b.free()
		return
	}
	blocks.Put(b)
}

func (b *block) free() {
	b.cleanup.Stop()
	C.free(b.start)
	runtime.KeepAlive(b)
}

// A writer fills a block from its start.
type writer struct {
	next unsafe.Pointer
}

// array returns zeroed room for count values of type T. (If it were not zeroed, the garbage collector could mistake old
// contents for pointers.) All arrays come before all text, since text is not aligned.
func array[T any](w *writer, count int) []T {
	if count == 0 {
		return nil
	}
	made := unsafe.Slice((*T)(w.next), count)
	clear(made)
	w.next = unsafe.Add(w.next, sizeOf[T](count))
	return made
}

func sizeOf[T any](count int) uintptr {
	var one T
	return uintptr(count) * unsafe.Sizeof(one)
}

// text copies text and returns where it is.
func text[T string | []byte](w *writer, text T) unsafe.Pointer {
	start := w.next
	copy(unsafe.Slice((*byte)(start), len(text)), text)
	w.next = unsafe.Add(w.next, len(text))
	return start
}
