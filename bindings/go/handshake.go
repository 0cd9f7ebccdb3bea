package countersign

/*
#cgo noescape go_handshake
#cgo nocallback go_handshake
#include "calls.h"
*/
import "C"

import (
	"fmt"
	"net/http"
	"runtime"
	"time"
	"unsafe"
)

// A Handshake is the answer that a sender demands before it sends events, from [Verifier.Handshake]. It is an
// [http.Handler] that sends this answer.
type Handshake struct {
	// Status is the status of the response, 200 to 299.
	Status int
	// Headers are the header lines of the response.
	Headers []Header
	// Body is the body of the response, which may be empty.
	Body []byte

	secret Secret
}

// Handshake returns the answer, if the delivery is the handshake that the scheme describes, and nil if not. Call it before
// [Verifier.VerifyDelivery]: most such requests are not signed, and none is an event. If the sender signs the request,
// only an authentic one is answered. now is as for VerifyDelivery.
//
// The delivery needs its method, and of its URL the query, if the sender puts the challenge there: the path and query of
// the request are enough, unless the sender signs the URL.
//
// The error is [ErrClosed], or nil, also if there is no answer. A [Middleware] calls Handshake itself.
func (v *Verifier) Handshake(delivery Delivery, now time.Time) (*Handshake, error) {
	owner := v.owner()
	if owner == nil {
		return nil, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	answer := C.go_handshake((*C.countersign_verifier)(owner.pointer), lowered.head,
		(*C.char)(unsafe.Pointer(unsafe.SliceData(delivery.Body))), C.size_t(len(delivery.Body)), C.int64_t(now.UnixMilli()))
	runtime.KeepAlive(owner)
	if answer.status != C.COUNTERSIGN_OK {
		return nil, errorOf(answer.status)
	}
	if answer.handshake == nil {
		return nil, nil
	}
	defer C.countersign_handshake_free(answer.handshake)
	return raiseHandshake(answer.handshake), nil
}

// Secret returns the secret that the sender has chosen in this handshake, and with which it signs from now on; false if it
// has chosen none. [Secret.Expose] returns its bytes, to store them. Keep it only while someone has opened the endpoint for
// a new secret, and never over one that is in use: anyone can send such a request.
func (h *Handshake) Secret() (Secret, bool) {
	return h.secret, h.secret.reveal != nil
}

// ServeHTTP sends the answer. The request is not looked at.
func (h *Handshake) ServeHTTP(response http.ResponseWriter, _ *http.Request) {
	for _, header := range h.Headers {
		response.Header().Set(header.Name, header.Value)
	}
	response.WriteHeader(h.Status)
	if len(h.Body) > 0 {
		_, _ = response.Write(h.Body)
	}
}

// Format writes the status, for every verb except %T and %p. Headers and body may contain a secret or a MAC. In an
// unexported field of a struct everything but the secret is printed, since fmt then calls no method.
func (h Handshake) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Handshake{%d}", h.Status)
}

// raiseHandshake copies an answer.
func raiseHandshake(answer *C.countersign_handshake) *Handshake {
	made := &Handshake{
		Status:  int(answer.status),
		Headers: make([]Header, answer.header_count),
		Body:    C.GoBytes(unsafe.Pointer(answer.body), C.int(answer.body_length)),
	}
	for index, line := range unsafe.Slice(answer.headers, answer.header_count) {
		made.Headers[index] = raiseHeader(line)
	}
	if answer.secret != nil {
		made.secret = NewSecret(C.GoBytes(unsafe.Pointer(answer.secret), C.int(answer.secret_length)))
	}
	return made
}

// raiseHeader copies a header line.
func raiseHeader(line C.countersign_header) Header {
	return Header{
		C.GoStringN(line.name, C.int(line.name_length)),
		C.GoStringN((*C.char)(line.value), C.int(line.value_length)),
	}
}
