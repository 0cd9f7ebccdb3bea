//go:build cgo

package countersign

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// How much room a body gets before any of it has arrived, so that a claimed length uses no memory.
const firstRead = 64 << 10

// read reads the whole body, unless it exceeds the limits of size and time.
func (m *Middleware) read(response http.ResponseWriter, request *http.Request) ([]byte, error) {
	limit := m.MaxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	if request.ContentLength > limit {
		return nil, ErrBodyTooLarge
	}
	if request.Body == nil || request.Body == http.NoBody {
		return nil, nil
	}
	inTime := m.limitTime(response, request)
	var body bytes.Buffer
	if request.ContentLength > 0 {
		// One byte more, so that the buffer does not grow just to see the end.
		body.Grow(int(min(request.ContentLength, firstRead)) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(response, request.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, ErrBodyTooLarge
	}
	if err != nil {
		return nil, unread{err}
	}
	inTime()
	return body.Bytes(), nil
}

// limitTime sets a deadline for the body, and returns a function to call once the body has arrived: the time of the
// handler does not count.
func (m *Middleware) limitTime(response http.ResponseWriter, request *http.Request) func() {
	limit := m.ReadTimeout
	if limit == 0 {
		limit = DefaultReadTimeout
	}
	server, _ := request.Context().Value(http.ServerContextKey).(*http.Server)
	// A deadline that the server has set, from the beginning of the request, must not be extended. (A longer one may be
	// extended after a slow head, but never by more than limit.)
	if limit < 0 || server != nil && server.ReadTimeout > 0 && server.ReadTimeout <= limit {
		return func() {}
	}
	controller := http.NewResponseController(response)
	if controller.SetReadDeadline(time.Now().Add(limit)) != nil {
		return func() {}
	}
	return func() { _ = controller.SetReadDeadline(time.Time{}) }
}

// unread wraps an error from reading a body.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// isLate reports whether a body took too long.
func isLate(err error) bool {
	return errors.As(err, new(unread)) && errors.Is(err, os.ErrDeadlineExceeded)
}

// again makes the body of the request readable again.
func again(request *http.Request, body []byte) {
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	request.TransferEncoding = nil
}
