package countersign

/*
#cgo noescape go_stream_update
#cgo nocallback go_stream_update
#include "calls.h"
*/
import "C"

import (
	"runtime"
	"sync"
	"time"
	"unsafe"
)

// A Stream verifies a body that arrives in pieces, and does not keep it. It is an [io.Writer], so [io.Copy] can write
// to it. Several goroutines may use it one after another. Concurrent use is safe, but the pieces are then hashed in any
// order.
type Stream struct {
	mutex      sync.Mutex
	pointer    *C.countersign_stream // nil once it is finished or closed
	cleanup    runtime.Cleanup
	identifies bool
	identity   Identity // all zeros until a message that it identifies is authentic
}

// CanStream returns nil if Begin can be used with this verifier. A scheme that signs something after the body, or only
// a part of the body, needs the whole body; the error is then a [*ConfigError] with [ErrUnsupported]. Call it at
// startup.
func (v *Verifier) CanStream() error {
	owner := v.owner()
	if owner == nil {
		return ErrClosed
	}
	err := explained(func(text *C.countersign_text) C.countersign_status {
		return C.countersign_verifier_can_stream((*C.countersign_verifier)(owner.pointer), text)
	})
	runtime.KeepAlive(owner)
	return err
}

// Begin begins the verification of a body that arrives in pieces: delivery is everything except the body, and now is
// when it began to arrive. A nil error means that the headers are well-formed, not that the delivery is authentic: only
// [Stream.Finish] decides that. Otherwise the error is a [Rejection], a [*ConfigError] with [ErrUnsupported] if
// [Verifier.CanStream] returns an error, or [ErrClosed]. Call Finish or Close at the end.
//
// Do not pass the same delivery without its body to [Verifier.Identify] afterwards: the identity would be that of a
// message with an empty body, and if the sender signs no id, other messages would count as repetitions. Use
// [Verifier.BeginIdentified] to recognise repetitions.
func (v *Verifier) Begin(delivery Delivery, now time.Time) (*Stream, error) {
	owner := v.owner()
	if owner == nil {
		return nil, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	var stream *C.countersign_stream
	status := C.countersign_stream_begin((*C.countersign_verifier)(owner.pointer), lowered.head, C.int64_t(now.UnixMilli()), &stream)
	runtime.KeepAlive(owner)
	return begun(stream, status)
}

// BeginIdentified is Begin for a stream that also identifies the message: after Finish, [Stream.Identity] returns what
// [Verifier.Identify] would return for the whole delivery. The body is hashed a second time, unless the sender signs an
// id. The error is also a [*ConfigError] with [ErrUnsupported] if the verifier checks a token or nothing, since messages
// then cannot be told from each other.
func (v *Verifier) BeginIdentified(delivery Delivery, now time.Time) (*Stream, error) {
	owner := v.owner()
	if owner == nil {
		return nil, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	var stream *C.countersign_stream
	status := C.countersign_stream_begin_identified((*C.countersign_verifier)(owner.pointer), lowered.head,
		C.int64_t(now.UnixMilli()), &stream)
	runtime.KeepAlive(owner)
	made, err := begun(stream, status)
	if err == nil {
		made.identifies = true
	}
	return made, err
}

// BeginSignature is Begin with only the value of the signature (or token) header, as for [Verifier.VerifySignature].
func (v *Verifier) BeginSignature(signature string) (*Stream, error) {
	owner := v.owner()
	if owner == nil {
		return nil, ErrClosed
	}
	block := takeBlock(uintptr(len(signature)))
	defer block.giveBack()
	given := text(&writer{block.start}, signature)
	var stream *C.countersign_stream
	status := C.countersign_stream_begin_signature((*C.countersign_verifier)(owner.pointer), given, C.size_t(len(signature)), &stream)
	runtime.KeepAlive(owner)
	return begun(stream, status)
}

func begun(pointer *C.countersign_stream, status C.countersign_status) (*Stream, error) {
	if status != C.COUNTERSIGN_OK {
		return nil, errorOf(status)
	}
	stream := &Stream{pointer: pointer}
	stream.cleanup = runtime.AddCleanup(stream, func(pointer *C.countersign_stream) { C.countersign_stream_free(pointer) }, pointer)
	return stream, nil
}

// Write hashes the next piece of the body, of any length, all of it. The error is nil, or [ErrClosed] once the stream
// is finished or closed.
func (s *Stream) Write(piece []byte) (int, error) {
	if s == nil {
		return 0, ErrClosed
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.pointer == nil {
		return 0, ErrClosed
	}
	status := C.go_stream_update(s.pointer, (*C.char)(unsafe.Pointer(unsafe.SliceData(piece))), C.size_t(len(piece)))
	if status != C.COUNTERSIGN_OK {
		return 0, errorOf(status)
	}
	return len(piece), nil
}

// Finish decides, once the body is complete, and closes the stream. The error is nil if and only if the delivery is
// authentic; otherwise it is a [Rejection], or [ErrClosed].
func (s *Stream) Finish() (Verified, error) {
	if s == nil {
		return rejected, ErrClosed
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.pointer == nil {
		return rejected, ErrClosed
	}
	verdict := C.go_stream_finish(s.pointer)
	if s.identifies && verdict.status == C.COUNTERSIGN_STATUS_AUTHENTIC {
		var identity C.countersign_identity
		if status := C.countersign_stream_identity(s.pointer, &identity); status != C.COUNTERSIGN_OK {
			s.free()
			return rejected, errorOf(status)
		}
		s.identity = *(*Identity)(unsafe.Pointer(&identity))
	}
	s.free()
	return raise(verdict)
}

// Identity returns the identity of the message, after Finish has returned no error for a stream of
// [Verifier.BeginIdentified]: the same that [Verifier.Identify] makes of the whole delivery. Otherwise the error is
// [ErrClosed] for a stream that is nil, and a [*ConfigError] with [ErrInvalidArgument] for one that is not finished, whose
// delivery is not authentic, or that was begun with another function; the identity is then all zeros.
func (s *Stream) Identity() (Identity, error) {
	if s == nil {
		return Identity{}, ErrClosed
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.identity == (Identity{}) {
		return Identity{}, &ConfigError{ErrInvalidArgument,
			"a stream has an identity once BeginIdentified has begun it and Finish has found the delivery authentic"}
	}
	return s.identity, nil
}

// Close abandons a stream and wipes its keys. It may be called again, also after Finish, and always returns nil.
func (s *Stream) Close() error {
	if s != nil {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.free()
	}
	return nil
}

func (s *Stream) free() {
	if s.pointer != nil {
		s.cleanup.Stop()
		C.countersign_stream_free(s.pointer)
		s.pointer = nil
	}
	runtime.KeepAlive(s)
}
