package countersign

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// What a [Middleware] does that says nothing else. The layer of countersign in Rust has the same limits.
const (
	// DefaultMaxBody is the largest body: 2 MiB.
	DefaultMaxBody = 2 << 20
	// DefaultReadTimeout is how long a body may take to arrive.
	DefaultReadTimeout = 30 * time.Second
)

// A Middleware lets authentic requests through to a handler, and no others.
//
// It reads the body up to a limit, verifies it, and hands it on: the handler reads the same bytes from the request's Body,
// or takes them from [BodyFromContext] without another copy, and [FromContext] tells what was verified. Others it answers
// itself, before the handler sees anything of them: 401 with the body "not accepted\n" whatever the reason, 413 if the body is
// larger than the limit, 408 if it takes too long, 400 if it does not arrive whole, and 503 once the verifier is closed. With
// Replay, the handler is called once for each message, as far as that remembers.
type Middleware struct {
	// Verifier decides. It must be set.
	Verifier *Verifier
	// MaxBody is the largest body that is taken, in bytes; DefaultMaxBody if it is 0 or less.
	MaxBody int64
	// ReadTimeout is how long the body may take to arrive, from the end of the headers on; DefaultReadTimeout if it is 0, and
	// any time if it is less. A shorter ReadTimeout of the [http.Server] stays in force. It needs a ResponseWriter whose
	// deadline can be set, as [http.ResponseController] tells: those of net/http, and those that wrap them and have Unwrap.
	ReadTimeout time.Duration
	// OnReject, if it is set, is told of each request that is not let through and why, for logs and metrics: a [Rejection]
	// ([ErrBodyTooLarge] among them), a [*ConfigError], [ErrClosed], or what went wrong when the body was read
	// ([os.ErrDeadlineExceeded] if it took too long). It may be called from many goroutines at the same time.
	OnReject func(request *http.Request, err error)
	// Origin is scheme and host by which senders know this service, such as https://hooks.example.com, for senders that sign
	// the URL; see [RequestURL]. For those, Origin or URL must be set.
	Origin string
	// URL, if it is set, tells the URL that the sender called, where Origin cannot. It must not take the host from the
	// request, whose sender can write any. "" stands for a URL that is not known, and rejects.
	URL func(request *http.Request) string
	// Replay, if it is set, remembers the messages whose handler was called: the next request with one of them is answered 200
	// with "taken before" once the handler has answered it with success (a status of 2xx, and no grpc-status but 0), and 409 with
	// "still being handled" until then. If the handler answers otherwise, or panics, the message is forgotten, so that its
	// sender's next attempt calls the handler again; a handler that must not fail because its sender hung up works with
	// [context.WithoutCancel]. OnReject hears [ErrReplayed] and [ErrInProgress] of these, and a Replay that
	// is closed answers 503. The memory is that of one sender: several middlewares may share it if they are for the same one.
	Replay *ReplayMemory
	// ReplayWindow is for how long Replay remembers, or longer if [Verifier.ReplayWindow] says so. It must be set for senders
	// that sign no timestamp, since their messages never expire.
	ReplayWindow time.Duration
}

// Handler returns next behind a Middleware with this verifier and the default limits. An error is as for
// [Middleware.Handler].
func (v *Verifier) Handler(next http.Handler) (http.Handler, error) {
	return Middleware{Verifier: v}.Handler(next)
}

// Handler returns next behind the middleware. The error is [ErrClosed] without a verifier, or a [*ConfigError]: for a
// verifier whose sender signs the URL if neither Origin nor URL is set, for both of them, for an Origin that is none, for
// no next, for a ReplayWindow without Replay, and for Replay if [Verifier.ReplayWindow] is an error.
func (m Middleware) Handler(next http.Handler) (http.Handler, error) {
	if err := m.check(next); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, err := m.read(response, request)
		if err != nil {
			m.reject(response, request, err)
			return
		}
		url := m.urlOf(request)
		verified, err := m.Verifier.verifyURL(request, url, body)
		if err != nil {
			m.reject(response, request, err)
			return
		}
		authentic := request.WithContext(context.WithValue(request.Context(), contextKey{}, passed{verified, body}))
		again(authentic, body)
		if m.Replay == nil {
			next.ServeHTTP(response, authentic)
			return
		}
		ticket, err := m.take(request, url, body)
		if err != nil {
			m.reject(response, request, err)
			return
		}
		m.serveTaken(next, response, authentic, ticket)
	}), nil
}

// check refuses what cannot work, and trims the origin.
func (m *Middleware) check(next http.Handler) (err error) {
	switch {
	case m.Verifier.owner() == nil:
		return ErrClosed
	case next == nil:
		return invalid("the handler behind the middleware is nil")
	case m.Origin != "" && m.URL != nil:
		return &ConfigError{ErrInvalidConfig, "Origin and URL are both set; set one of them"}
	case m.Origin == "" && m.URL == nil && m.Verifier.SignsURL():
		return &ConfigError{ErrInvalidConfig, withoutOrigin + ", as Middleware.Origin"}
	case m.Origin != "":
		m.Origin, err = checkOrigin(m.Origin)
	}
	if err != nil {
		return err
	}
	return m.checkReplay()
}

// urlOf tells the URL that the sender called, if anybody needs it.
func (m *Middleware) urlOf(request *http.Request) string {
	switch {
	case !m.Verifier.SignsURL():
		return ""
	case m.URL != nil:
		return m.URL(request)
	}
	return requestURL(m.Origin, request)
}

func (m *Middleware) reject(response http.ResponseWriter, request *http.Request, err error) {
	if m.OnReject != nil {
		var unread unread
		if errors.As(err, &unread) {
			m.OnReject(request, unread.error)
		} else {
			m.OnReject(request, err)
		}
	}
	status, text := http.StatusUnauthorized, "not accepted"
	switch {
	case errors.Is(err, ErrInProgress):
		status, text = http.StatusConflict, "still being handled"
	case errors.Is(err, ErrReplayed):
		status, text = http.StatusOK, "taken before"
	case isLate(err):
		status, text = http.StatusRequestTimeout, "too slow"
	case errors.As(err, new(unread)):
		status, text = http.StatusBadRequest, "incomplete"
	case errors.Is(err, ErrBodyTooLarge):
		status, text = http.StatusRequestEntityTooLarge, "too large"
	case errors.Is(err, ErrClosed), errors.Is(err, ErrInternal):
		status, text = http.StatusServiceUnavailable, "unavailable"
	}
	http.Error(response, text, status)
}

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
