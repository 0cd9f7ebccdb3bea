package countersign

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// DefaultMaxBody is the limit of a [Middleware] that sets none: 4 MiB.
const DefaultMaxBody = 4 << 20

// A Middleware lets authentic requests through to a handler, and no others.
//
// It reads the body up to a limit, verifies it, and hands it on: the handler reads the same bytes from the request's Body,
// or takes them from [BodyFromContext] without another copy, and [FromContext] tells what was verified. Others it answers
// itself, before the handler sees anything of them: 401 with the body "rejected\n" whatever the reason, 413 if the body is
// larger than the limit, 400 if it does not arrive whole, and 503 once the verifier is closed.
type Middleware struct {
	// Verifier decides. It must be set.
	Verifier *Verifier
	// MaxBody is the largest body that is taken, in bytes; DefaultMaxBody if it is 0 or less.
	MaxBody int64
	// OnReject, if it is set, is told of each request that is not let through and why, for logs and metrics: a [Rejection]
	// ([ErrBodyTooLarge] among them), a [*ConfigError], [ErrClosed], or what went wrong when the body was read. It may be
	// called from many goroutines at the same time.
	OnReject func(request *http.Request, err error)
	// URL, if it is set, tells the URL as the sender called it, for schemes that sign it; else [RequestURL] does.
	URL func(request *http.Request) string
}

// Handler returns next behind a Middleware with this verifier and the default limit.
func (v *Verifier) Handler(next http.Handler) http.Handler {
	return Middleware{Verifier: v}.Handler(next)
}

// Handler returns next behind the middleware.
func (m Middleware) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, err := m.read(response, request)
		if err != nil {
			m.reject(response, request, err)
			return
		}
		url := ""
		if m.URL != nil {
			url = m.URL(request)
		}
		verified, err := m.Verifier.verifyAt(request, url, body)
		if err != nil {
			m.reject(response, request, err)
			return
		}
		request = request.WithContext(context.WithValue(request.Context(), contextKey{}, passed{verified, body}))
		request.Body = io.NopCloser(bytes.NewReader(body))
		request.ContentLength = int64(len(body))
		request.TransferEncoding = nil
		next.ServeHTTP(response, request)
	})
}

// read reads the whole body, if it is not larger than the limit.
func (m Middleware) read(response http.ResponseWriter, request *http.Request) ([]byte, error) {
	limit := m.MaxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	if request.ContentLength > limit {
		return nil, ErrBodyTooLarge
	}
	if request.Body == nil {
		return nil, nil
	}
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
	return body.Bytes(), nil
}

// How much room a body gets before any of it has come, so that a promised length takes no memory.
const firstRead = 64 << 10

func (m Middleware) reject(response http.ResponseWriter, request *http.Request, err error) {
	if m.OnReject != nil {
		var unread unread
		if errors.As(err, &unread) {
			m.OnReject(request, unread.error)
		} else {
			m.OnReject(request, err)
		}
	}
	status, text := http.StatusUnauthorized, "rejected"
	switch {
	case errors.As(err, new(unread)):
		status, text = http.StatusBadRequest, "incomplete"
	case errors.Is(err, ErrBodyTooLarge):
		status, text = http.StatusRequestEntityTooLarge, "too large"
	case errors.Is(err, ErrClosed), errors.Is(err, ErrInternal):
		status, text = http.StatusServiceUnavailable, "unavailable"
	}
	http.Error(response, text, status)
}

// unread marks what went wrong when a body was read.
type unread struct{ error }

type contextKey struct{}

type passed struct {
	verified Verified
	body     []byte
}

// FromContext tells what made the request authentic that a [Middleware] has let through; false if none has.
func FromContext(ctx context.Context) (Verified, bool) {
	found, ok := ctx.Value(contextKey{}).(passed)
	if !ok {
		return rejected, false
	}
	return found.verified, true
}

// BodyFromContext returns the body that a [Middleware] has verified, which must not be changed; false if none has.
func BodyFromContext(ctx context.Context) ([]byte, bool) {
	found, ok := ctx.Value(contextKey{}).(passed)
	return found.body, ok
}
