package countersign

/*
#cgo noescape go_sign
#cgo nocallback go_sign
#include "calls.h"
*/
import "C"

import (
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Signer makes the header lines that a verifier of the same configuration accepts. It never changes: any number of
// goroutines may use it at the same time. It is for senders, tests and tools: never verify by signing and comparing
// texts.
type Signer struct {
	handle atomic.Pointer[handle]
}

// NewSigner makes a signer from the same configuration as [New]; the first secret signs. Algorithm may be set with a
// preset or scheme that accepts several, and Tolerance is ignored. An error is a [*ConfigError].
func NewSigner(config Config) (*Signer, error) {
	algorithm := C.uint32_t(config.Algorithm)
	if config.Preset != "" || config.Scheme != "" {
		config.Algorithm = NoAlgorithm
		config.Tolerance = nil
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	if config.Token {
		return nil, &ConfigError{ErrUnsupported, "a token is the secret itself; there is nothing to sign"}
	}
	if len(config.Secrets) == 0 {
		return nil, &ConfigError{ErrEmptySecret, "there is no secret to sign with"}
	}
	lowered := lowerSecrets(config.Secrets[:1], config.Preset, config.Scheme)
	defer lowered.wipe()
	secret, length := lowered.secrets.data, lowered.secrets.length
	signer, err := makeSigner(func(signer **C.countersign_signer, text *C.countersign_text) C.countersign_status {
		switch {
		case config.Preset != "":
			return C.countersign_signer_preset(lowered.texts[0], C.size_t(len(config.Preset)), secret, length, algorithm, signer, text)
		case config.Scheme != "":
			return C.countersign_signer_scheme(lowered.texts[1], C.size_t(len(config.Scheme)), secret, length, algorithm, signer, text)
		}
		algorithm, encoding := config.algorithm()
		return C.countersign_signer_hmac(algorithm, encoding, secret, length, signer, text)
	})
	if err != nil || config.Header == "" {
		return signer, err
	}
	defer signer.Close()
	return signer.inHeader(config.Header)
}

// SignerFromConnection makes a signer from the JSON of a connection, with the first secret in it. If the connection
// accepts several algorithms, algorithm chooses one; [NoAlgorithm] means SHA256 then. An error is a [*ConfigError].
func SignerFromConnection(json string, algorithm Algorithm) (*Signer, error) {
	lowered := lowerSecrets(nil, json)
	defer lowered.wipe()
	return makeSigner(func(signer **C.countersign_signer, text *C.countersign_text) C.countersign_status {
		return C.countersign_signer_connection(lowered.texts[0], C.size_t(len(json)), C.uint32_t(algorithm), signer, text)
	})
}

// Sign makes the header lines that go with a message: the signature's, and those of the id and the time of sending if
// the scheme has them. message has method, URL, the header lines that are sent anyway, and the body; id is the
// message's id, the same each time that the message is sent again, or "" if there is none; now is the time of sending,
// usually [time.Now]. An error is a [*ConfigError], which says what the message lacks, or [ErrClosed].
func (s *Signer) Sign(message Delivery, id string, now time.Time) ([]Header, error) {
	if s == nil {
		return nil, ErrClosed
	}
	owner := s.handle.Load()
	if owner == nil {
		return nil, ErrClosed
	}
	block, lowered := message.lower(id)
	defer block.giveBack()
	var made *C.countersign_headers
	err := explained(func(text *C.countersign_text) C.countersign_status {
		return C.go_sign((*C.countersign_signer)(owner.pointer), lowered.head,
			(*C.char)(unsafe.Pointer(unsafe.SliceData(message.Body))), C.size_t(len(message.Body)),
			lowered.id, C.size_t(len(id)), C.int64_t(now.UnixMilli()), &made, text)
	})
	runtime.KeepAlive(owner)
	if err != nil {
		return nil, err
	}
	defer C.countersign_headers_free(made)
	headers := make([]Header, C.countersign_headers_count(made))
	for index := range headers {
		var line C.countersign_header
		C.countersign_headers_get(made, C.size_t(index), &line)
		headers[index] = raiseHeader(line)
	}
	return headers, nil
}

// SignRequest sets the header lines in a request that is about to be sent with body, and id as for [Signer.Sign]. The
// request's own Body is not touched.
//
// If the scheme signs the URL, give the request the whole URL by which the receiver knows itself, as a client needs it anyway:
// https://hooks.example.com/orders. What is signed is what [http.Client] sends: the scheme; request.Host, or else the host of
// the URL; path and query as in the request line, with "/" for an empty path. User and fragment are not sent and not signed.
// The receiver's origin must have the same host, character by character: write it in lower case, without the default port, and
// in ASCII (xn--…). A request without host or path has no URL, which is an error if the scheme signs it.
//
// A URL without a host, as of httptest.NewRequest("POST", "/orders", nil), is completed with http:// (https:// if request.TLS is
// set) and request.Host, which httptest sets to example.com: a receiver with another origin does not accept that.
//
// If the scheme signs method or Host header, they are what the client sends too: GET if request.Method is empty, and the host
// above instead of request.Header["Host"], which the client ignores.
func (s *Signer) SignRequest(request *http.Request, body []byte, id string) error {
	if request == nil || request.Header == nil {
		return invalid("the request is nil, or its Header is; http.NewRequest makes one that is not")
	}
	message := Delivery{Method: request.Method, URL: calledURL(request), Headers: sentHeaders(request), Body: body}
	if message.Method == "" {
		message.Method = http.MethodGet
	}
	headers, err := s.Sign(message, id, time.Now())
	for _, header := range headers {
		request.Header.Set(header.Name, header.Value)
	}
	return err
}

// sentHeaders returns the header lines that a client sends with a request, apart from those that it adds.
func sentHeaders(request *http.Request) []Header {
	lines := slices.DeleteFunc(headersOf(nil, &http.Request{Header: request.Header}), func(line Header) bool { return line.Name == "Host" })
	if host := sentHost(request); host != "" {
		lines = append(lines, Header{"Host", host})
	}
	return lines
}

// Close closes the signer, which returns ErrClosed from now on; otherwise it is like [Verifier.Close].
func (s *Signer) Close() error {
	if s != nil {
		s.handle.Store(nil)
	}
	return nil
}

func (s *Signer) inHeader(name string) (*Signer, error) {
	owner := s.handle.Load()
	lowered := lowerSecrets(nil, name)
	defer lowered.wipe()
	another, err := makeSigner(func(another **C.countersign_signer, text *C.countersign_text) C.countersign_status {
		return C.countersign_signer_in_header((*C.countersign_signer)(owner.pointer), lowered.texts[0], C.size_t(len(name)), another, text)
	})
	runtime.KeepAlive(owner)
	return another, err
}

func makeSigner(make func(**C.countersign_signer, *C.countersign_text) C.countersign_status) (*Signer, error) {
	var signer *C.countersign_signer
	if err := explained(func(text *C.countersign_text) C.countersign_status { return make(&signer, text) }); err != nil {
		return nil, err
	}
	made := new(Signer)
	made.handle.Store(own(unsafe.Pointer(signer), func(signer unsafe.Pointer) {
		C.countersign_signer_free((*C.countersign_signer)(signer))
	}))
	return made, nil
}
