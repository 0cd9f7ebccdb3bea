package countersign

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// How much room a body gets before any of it has come, so that a promised length takes no memory.
const firstRead = 64 << 10

// read reads the whole body, if it is not larger than the limit and does not take longer.
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
		// One more than that, so that the buffer does not grow to see the end.
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

// limitTime sets a deadline for the body, and returns what to call once it is there: the time that the handler takes does
// not count.
func (m *Middleware) limitTime(response http.ResponseWriter, request *http.Request) func() {
	limit := m.ReadTimeout
	if limit == 0 {
		limit = DefaultReadTimeout
	}
	server, _ := request.Context().Value(http.ServerContextKey).(*http.Server)
	// One that the server has set, from the beginning of the request on, is not to be put off. (A longer one of the server may be,
	// by a slow head, but never by more than limit.)
	if limit < 0 || server != nil && server.ReadTimeout > 0 && server.ReadTimeout <= limit {
		return func() {}
	}
	controller := http.NewResponseController(response)
	if controller.SetReadDeadline(time.Now().Add(limit)) != nil {
		return func() {}
	}
	return func() { _ = controller.SetReadDeadline(time.Time{}) }
}

// unread marks what went wrong when a body was read.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// isLate tells whether a body took too long.
func isLate(err error) bool {
	return errors.As(err, new(unread)) && errors.Is(err, os.ErrDeadlineExceeded)
}

// again makes the request look as if its body had not been read.
func again(request *http.Request, body []byte) {
	request.Body = io.NopCloser(bytes.NewReader(body))
	request.ContentLength = int64(len(body))
	request.TransferEncoding = nil
}
