package countersign

/*
#cgo noescape go_replay_take
#cgo nocallback go_replay_take
#cgo noescape go_replay_finish
#cgo nocallback go_replay_finish
#cgo noescape go_replay_forget
#cgo nocallback go_replay_forget
#include "calls.h"
*/
import "C"

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// A ReplayMemory remembers the accepted messages of one sender, in this process. Any number of goroutines may use it at
// the same time. It is independent of the verifier: when secrets change, keep the memory. Two senders may use the same
// ids, so make one memory for each. Other processes do not share it, and it is empty after a restart.
//
// It holds at most capacity messages, about 200 bytes each. If more arrive within the window, it forgets the oldest
// first, and [ReplayMemory.Evicted] counts those.
type ReplayMemory struct {
	handle atomic.Pointer[handle]
}

// A Ticket is the right to report what became of an accepted message. It has no effect on the same message if that is
// accepted again later. It can be compared.
type Ticket struct {
	identity Identity
	number   uint64
}

// Identity says which message was accepted.
func (t Ticket) Identity() Identity {
	return t.identity
}

// ErrInProgress is the [ErrReplayed] for a message whose outcome nobody has reported yet: [errors.Is] is true for both.
var ErrInProgress error = inProgress{}

type inProgress struct{}

func (inProgress) Error() string {
	return "countersign: the message was taken before and is not known to be handled"
}
func (inProgress) Unwrap() error { return ErrReplayed }

// NewReplayMemory makes a memory for up to capacity messages, at least 1. An error is a [*ConfigError].
func NewReplayMemory(capacity int) (*ReplayMemory, error) {
	if capacity < 1 {
		return nil, &ConfigError{ErrInvalidConfig, "a memory of no messages knows no replay; give a capacity of at least 1"}
	}
	var memory *C.countersign_replay_memory
	if status := C.countersign_replay_memory_new(C.size_t(capacity), &memory); status != C.COUNTERSIGN_OK {
		return nil, errorOf(status)
	}
	made := new(ReplayMemory)
	made.handle.Store(own(unsafe.Pointer(memory), func(memory unsafe.Pointer) {
		C.countersign_replay_memory_free((*C.countersign_replay_memory)(memory))
	}))
	return made, nil
}

// Take accepts the message of an authentic delivery, unless it was accepted within the last window. If several of one
// message arrive at once, one is accepted. identity comes from [Verifier.Identify], window from
// [Verifier.ReplayWindow], rounded up to whole seconds; now is when the delivery arrived.
//
// The window of a handled message starts at the last time that it arrived. A message whose outcome nobody reports is
// accepted again window after it was accepted.
//
// The error is [ErrReplayed] if the message was accepted before, or [ErrInProgress], which is an ErrReplayed too; a
// [*ConfigError] for a window of 0 or less, or for the zero [Identity], which Identify returns with an error; or [ErrClosed].
func (m *ReplayMemory) Take(identity Identity, now time.Time, window time.Duration) (Ticket, error) {
	owner := m.owner()
	switch {
	case owner == nil:
		return Ticket{}, ErrClosed
	case identity == Identity{}:
		return Ticket{}, invalid("there is no identity: Identify returned an error, or was not called")
	case window <= 0:
		return Ticket{}, invalid("a window of %v remembers nothing; give what ReplayWindow tells", window)
	}
	taken := C.go_replay_take((*C.countersign_replay_memory)(owner.pointer), lowerIdentity(&identity), C.int64_t(now.UnixMilli()), wholeSeconds(window))
	runtime.KeepAlive(owner)
	switch {
	case taken.status == C.COUNTERSIGN_OK:
		return Ticket{identity, uint64(taken.ticket)}, nil
	case taken.status == C.COUNTERSIGN_STATUS_REPLAYED && taken.is_handled == 0:
		return Ticket{}, ErrInProgress
	}
	return Ticket{}, errorOf(taken.status)
}

// Finish reports that a message was handled. It returns false if the message is no longer remembered or was accepted
// again since, and if the memory is closed.
func (m *ReplayMemory) Finish(ticket Ticket) bool {
	owner := m.owner()
	if owner == nil {
		return false
	}
	remembered := C.go_replay_finish((*C.countersign_replay_memory)(owner.pointer), lowerIdentity(&ticket.identity), C.uint64_t(ticket.number))
	runtime.KeepAlive(owner)
	return remembered != 0
}

// Forget forgets a message that could not be handled, so that it is accepted when its sender sends it again. It returns
// false if the message is no longer remembered, or was accepted again since and remains remembered, and if the memory
// is closed.
func (m *ReplayMemory) Forget(ticket Ticket) bool {
	owner := m.owner()
	if owner == nil {
		return false
	}
	remembered := C.go_replay_forget((*C.countersign_replay_memory)(owner.pointer), lowerIdentity(&ticket.identity), C.uint64_t(ticket.number))
	runtime.KeepAlive(owner)
	return remembered != 0
}

// Len returns how many messages are remembered; 0 if the memory is closed.
func (m *ReplayMemory) Len() int {
	owner := m.owner()
	if owner == nil {
		return 0
	}
	count := C.countersign_replay_memory_len((*C.countersign_replay_memory)(owner.pointer))
	runtime.KeepAlive(owner)
	return int(count)
}

// Evicted returns how many messages were forgotten before the end of their window because the memory was full; 0 if the
// memory is closed. If it grows, replays may be accepted: make the capacity larger.
func (m *ReplayMemory) Evicted() uint64 {
	owner := m.owner()
	if owner == nil {
		return 0
	}
	count := C.countersign_replay_memory_evicted((*C.countersign_replay_memory)(owner.pointer))
	runtime.KeepAlive(owner)
	return uint64(count)
}

// Close closes the memory, which returns ErrClosed from now on. Its messages are freed by the next garbage collection,
// as for a memory that is unreachable and was never closed. Close may be called again, at any time, and always returns
// nil.
func (m *ReplayMemory) Close() error {
	if m != nil {
		m.handle.Store(nil)
	}
	return nil
}

// owner returns nil if the memory is closed, or was never made.
func (m *ReplayMemory) owner() *handle {
	if m == nil {
		return nil
	}
	return m.handle.Load()
}

// ReplayWindow returns for how long messages must be remembered so that none is accepted twice: window, or the sum of
// the scheme's two tolerances plus one second, whichever is longer; in whole seconds.
//
// The error is a [*ConfigError]: with [ErrInvalidConfig] for a window of 0 if the scheme has no tolerance, so that its
// messages never expire; with [ErrInvalidArgument] for a negative window; with [ErrUnsupported] if the verifier checks
// a token or nothing, since messages then cannot be distinguished. Or it is [ErrClosed].
func (v *Verifier) ReplayWindow(window time.Duration) (time.Duration, error) {
	owner := v.owner()
	switch {
	case owner == nil:
		return 0, ErrClosed
	case window < 0:
		return 0, invalid("the window is %v; give 0 or more", window)
	}
	var needed C.uint64_t
	status := C.countersign_verifier_replay_window((*C.countersign_verifier)(owner.pointer), wholeSeconds(window), &needed)
	runtime.KeepAlive(owner)
	switch status {
	case C.COUNTERSIGN_OK:
		if needed > math.MaxInt64/C.uint64_t(time.Second) {
			return math.MaxInt64, nil
		}
		return time.Duration(needed) * time.Second, nil
	case C.COUNTERSIGN_STATUS_INVALID_CONFIG:
		return 0, &ConfigError{ErrInvalidConfig, "this scheme has no tolerance, so its messages never expire; set Config.Tolerance if it signs a timestamp, or give a window of time (Middleware.ReplayWindow)"}
	case C.COUNTERSIGN_STATUS_UNSUPPORTED:
		return 0, &ConfigError{ErrUnsupported, "without a signature one message cannot be told from another"}
	}
	return 0, errorOf(status)
}

// wholeSeconds rounds up, since a message that is forgotten too early can be replayed.
func wholeSeconds(window time.Duration) C.uint64_t {
	return (C.uint64_t(window) + C.uint64_t(time.Second) - 1) / C.uint64_t(time.Second)
}

func lowerIdentity(identity *Identity) *C.countersign_identity {
	return (*C.countersign_identity)(unsafe.Pointer(identity))
}
