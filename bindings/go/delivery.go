package countersign

/*
#cgo noescape go_verify
#cgo nocallback go_verify
#include "calls.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// A Delivery is one HTTP request from a sender, however it was received. For a request of net/http, [Verifier.Verify]
// is shorter.
type Delivery struct {
	// Method is the request method, such as POST; URL is the URL that the sender called, with scheme and host. Both are
	// read by schemes that sign them; [Verifier.Handshake] reads the method and the query, [Verifier.DeliveryID] the query.
	// They are empty if they are not known. One that is not UTF-8 matches no signature and no handshake.
	Method, URL string
	// Headers are the header lines, in order of arrival.
	Headers []Header
	// Body is the raw body: not parsed, not decoded, not printed again.
	Body []byte
}

// A Header is one header line. Names are compared without case. A value is as received, and need not be text.
type Header struct {
	Name, Value string
}

// Format writes the method, the number of headers and the length of the body, for every verb except %T and %p. Headers
// and URL may contain a token, and a body does not belong in a log. In an unexported field of a struct everything is
// printed, since fmt then calls no method.
func (d Delivery) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "Delivery{%q, %d headers, body of %d bytes}", d.Method, len(d.Headers), len(d.Body))
}

// VerifyDelivery decides whether a whole delivery is authentic. now is when it arrived, usually [time.Now]; it matters
// for schemes with a tolerance and for secrets with bounds.
//
// The error is nil if and only if the delivery is authentic; otherwise it is a [Rejection], or [ErrClosed].
func (v *Verifier) VerifyDelivery(delivery Delivery, now time.Time) (Verified, error) {
	owner := v.owner()
	if owner == nil {
		return rejected, ErrClosed
	}
	block, lowered := delivery.lower("")
	defer block.giveBack()
	verdict := C.go_verify((*C.countersign_verifier)(owner.pointer), lowered.head,
		(*C.char)(unsafe.Pointer(unsafe.SliceData(delivery.Body))), C.size_t(len(delivery.Body)), C.int64_t(now.UnixMilli()))
	runtime.KeepAlive(owner)
	return raise(verdict)
}

// A loweredDelivery is a delivery without its body, and an id, in a block.
type loweredDelivery struct {
	head *C.countersign_delivery
	id   *C.char
}

// lower copies everything except the body.
func (d *Delivery) lower(id string) (*block, loweredDelivery) {
	count := len(d.Headers)
	size := sizeOf[C.countersign_delivery](1) + sizeOf[C.countersign_header](count)
	size += uintptr(len(d.Method) + len(d.URL) + len(id))
	for index := range d.Headers {
		size += uintptr(len(d.Headers[index].Name) + len(d.Headers[index].Value))
	}
	block := takeBlock(size)
	to := &writer{block.start}
	head := &array[C.countersign_delivery](to, 1)[0]
	lines := array[C.countersign_header](to, count)
	for index := range d.Headers {
		line, header := &lines[index], &d.Headers[index]
		line.name, line.name_length = (*C.char)(text(to, header.Name)), C.size_t(len(header.Name))
		line.value, line.value_length = text(to, header.Value), C.size_t(len(header.Value))
	}
	head.headers, head.header_count = unsafe.SliceData(lines), C.size_t(count)
	head.method, head.method_length = (*C.char)(text(to, d.Method)), C.size_t(len(d.Method))
	head.url, head.url_length = (*C.char)(text(to, d.URL)), C.size_t(len(d.URL))
	return block, loweredDelivery{head, (*C.char)(text(to, id))}
}
