//go:build cgo

package countersign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// The defaults of a [Middleware]. The layer of countersign in Rust has the same limits.
const (
	// DefaultMaxBody is the maximum length of a body: 2 MiB.
	DefaultMaxBody = 2 << 20
	// DefaultReadTimeout is how long a body may take to arrive.
	DefaultReadTimeout = 30 * time.Second
	// DefaultLeastRate is how many bytes of a body must arrive in a second if there is a BodyBudget.
	DefaultLeastRate = 1024
	// DefaultLeastRateAfter is how long a body may stand still where there is a least rate.
	DefaultLeastRateAfter = 5 * time.Second
)

// A Middleware passes authentic requests to a handler, and no others.
//
// It reads the body up to a limit, verifies it, and passes it on. The handler reads the same bytes from the request's
// Body, or gets them from [BodyFromContext] without another copy; [FromContext] says what was verified. The middleware
// answers all other requests itself, before the handler sees anything of them: 401 with the body "not accepted\n"
// whatever the reason, 413 if the body is larger than the limit, 408 if it takes too long, 400 if it is incomplete, and
// 503 if the body does not fit into BodyBudget (with Retry-After) or the verifier is closed. Each text ends with a line
// break. With Replay, the handler is called only once for each message that the memory remembers.
//
// An answer before the end of the body, such as 413 for an announced length, ends the TCP connection in HTTP/1. It is sent
// at once; what still arrives after it is discarded, within the time for the body.
//
// It limits its own requests alone. Whatever answers beside it, or in front of it, without having read the body (a
// [http.ServeMux] for an unknown path, a handler that checks the query) lets net/http wait for the body before the answer is
// sent, for as long as the sender likes: set ReadTimeout of the [http.Server], longer than ReadTimeout here.
//
// Some senders send no event before the endpoint has answered a handshake. The middleware answers it, within the same
// limits; neither the handler nor OnReject is called. It answers none in which the sender chooses the secret (asana,
// notion), because only the service can keep that: call [Verifier.Handshake] in front of the middleware for those.
type Middleware struct {
	// Verifier verifies the requests. It must be set.
	Verifier *Verifier
	// MaxBody is the maximum length of a body, in bytes; DefaultMaxBody if it is 0 or less. GitHub, for one, sends up to
	// 25 MB, and does not repeat what was refused.
	MaxBody int64
	// BodyBudget is the maximum of bytes that all bodies in memory may take together; no limit if it is 0 or less. Set it
	// together with a large MaxBody: each upload takes up to MaxBody, authentic or not, so 20 senders at once fill 500 MB
	// with a MaxBody of 25 MB. Bytes count as they arrive, together with the room for more of them, which is at most as
	// much again and within the limit. An announced length takes 4 KiB at most before anything arrives. A body counts
	// until its handler has returned. What does not fit is answered with 503 and Retry-After. Each handler that
	// [Middleware.Handler] makes has a budget of its own. It must not be less than MaxBody.
	//
	// Anyone can fill the budget with uploads that carry no signature, and what does not fit then is refused, authentic or
	// not: it is lost if its sender does not try again. SmallBodyBudget and LeastRate limit that, and have defaults if there
	// is a BodyBudget. The memory of the process is larger: the garbage collector lets the heap grow to twice what is in use
	// unless GOMEMLIMIT is set.
	BodyBudget int64
	// SmallBodyBudget is a room for bodies of up to 64 KiB, of so many bytes beside BodyBudget, which large uploads cannot
	// fill. When it is full, small bodies take from BodyBudget like all others. If it is 0, an eighth of BodyBudget is that
	// room (less if the largest body needs it); if it is negative, there is none. Without BodyBudget it means nothing.
	SmallBodyBudget int64
	// ReadTimeout is how long the body may take to arrive, from the end of the headers on; DefaultReadTimeout if it is 0,
	// unlimited if it is negative. It also limits for how long net/http waits for the rest of a body that is refused.
	//
	// ReadTimeout of the [http.Server] limits the head and the body together, for all handlers. Set that too, and longer
	// than this, such as to a minute with the default here: it limits the requests that never reach the middleware. If it
	// is shorter than this or equal, it is in force in place of this and of LeastRate.
	//
	// ReadTimeout here needs a ResponseWriter
	// whose deadline [http.ResponseController] can set: those of net/http, and those that wrap them and have Unwrap. That of
	// [http.TimeoutHandler] has no Unwrap, so put the middleware in front of it and not behind. Where no deadline can be
	// set, only ReadTimeout of the http.Server limits bodies, which is always in force, and each handler that
	// [Middleware.Handler] makes says so once, in ErrorLog of the http.Server.
	ReadTimeout time.Duration
	// LeastRate is how many bytes of the body must arrive in a second, once LeastRateAfter has passed. Bytes that arrive
	// earlier than they must give a sender time to stand still, but LeastRateAfter at most. A slower body is answered with
	// 408. If it is 0, it is DefaultLeastRate with a BodyBudget, and there is none without; if it is negative, there is none.
	// It needs the same of the ResponseWriter as ReadTimeout, and does not apply where ReadTimeout of the [http.Server] is in
	// force because it is not longer than that of the middleware.
	LeastRate int64
	// LeastRateAfter is DefaultLeastRateAfter if it is 0 or less.
	LeastRateAfter time.Duration
	// OnReject, if it is set, is called for each request that is neither passed on nor a handshake, with the reason, for
	// logs and metrics: a [Rejection] (including [ErrBodyTooLarge]), [ErrBusy], a [*ConfigError], [ErrClosed], or the error from
	// reading the body ([os.ErrDeadlineExceeded] if it took too long). It may be called from many goroutines at the same
	// time.
	OnReject func(request *http.Request, err error)
	// Origin is the scheme and host by which senders know this service, such as https://hooks.example.com. It is for
	// senders that sign the URL; see [RequestURL]. For those, Origin or URL must be set. With Origin, the query is the
	// request's: refuse one that you did not give the sender before the middleware is called, since its end can have been
	// moved from the body. A URL that is a constant needs no such check.
	Origin string
	// URL, if it is set, returns the URL that the sender called. A constant is best: the URL that you gave the sender,
	// with its query. It must not take the host from the request, which the sender chooses. Return "" for an unknown URL;
	// the request is then rejected.
	URL func(request *http.Request) string
	// Replay, if it is set, remembers the messages for which the handler was called. A repetition is answered with 409 and
	// "still being handled" while the handler runs, and with 200 and "taken before" after it has answered with success (a
	// status of 2xx, and no grpc-status other than 0). If the handler answers otherwise, or panics, the message is
	// forgotten, and its sender's next attempt calls the handler again. If the sender hangs up, the handler runs on and its
	// answer counts; if it must not fail because of that, it should use [context.WithoutCancel]. For repetitions, OnReject
	// gets [ErrReplayed] or [ErrInProgress]. After the memory is closed, requests are answered with 503. A memory is for
	// one sender and tenant: middlewares may share it only if they are for the same ones. If the sender signs the body
	// alone (github, shopify), a second event with an equal body is taken for a repetition, and lost.
	//
	// Do not use [http.TimeoutHandler] with it: it answers 503 while the handler goes on, so the message is forgotten, and a
	// repetition calls the handler again beside the first call. Limit the time in the handler, with [context.WithTimeout].
	Replay *ReplayMemory
	// ReplayWindow is for how long Replay remembers a message, unless [Verifier.ReplayWindow] requires longer. It must be
	// set for schemes without a tolerance, whose messages never expire. That includes some senders that sign a timestamp,
	// such as zoom: it is not checked until [Config.Tolerance] is set.
	ReplayWindow time.Duration

	// Reports that no deadline can be set, once for each handler.
	noDeadline *sync.Once
}

// Handler wraps next in a Middleware with this verifier and the default limits. The errors are those of
// [Middleware.Handler].
func (v *Verifier) Handler(next http.Handler) (http.Handler, error) {
	return Middleware{Verifier: v}.Handler(next)
}

// Handler wraps next in the middleware. The error is [ErrClosed], as [errors.Is] says, without a verifier, with a closed one or with
// a closed memory, and its text names the field. Otherwise
// it is a [*ConfigError]: if the sender signs the URL and neither Origin nor URL is set; if both are set; for an
// invalid Origin; if next is nil; for a BodyBudget below MaxBody; for a ReplayWindow without Replay; and with Replay, if [Verifier.ReplayWindow]
// returns an error.
func (m Middleware) Handler(next http.Handler) (http.Handler, error) {
	if err := m.check(next); err != nil {
		return nil, err
	}
	m.noDeadline = new(sync.Once)
	budget := newBudget(m.BodyBudget, m.SmallBodyBudget, m.limit())
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		share := budget.share()
		defer share.giveBack()
		body, err := m.read(response, request, share)
		if err != nil {
			closeAfter(response, request)
			m.reject(response, request, err)
			return
		}
		url := m.urlOf(request)
		if handshake := m.handshake(request, url, body); handshake != nil {
			handshake.ServeHTTP(response, request)
			return
		}
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

// check refuses settings that cannot work, and trims the origin.
func (m *Middleware) check(next http.Handler) (err error) {
	switch {
	case m.Verifier == nil:
		return fmt.Errorf("countersign: Middleware.Verifier is not set; set it to what New, Preset, FromScheme or FromConnection returned: %w", ErrClosed)
	case m.Verifier.owner() == nil:
		return fmt.Errorf("countersign: Middleware.Verifier: %w", ErrClosed)
	case next == nil:
		return invalid("the handler behind the middleware is nil")
	case m.BodyBudget > 0 && m.BodyBudget < m.limit():
		return &ConfigError{ErrInvalidConfig, fmt.Sprintf("a BodyBudget of %d bytes has no room for one body of MaxBody, %d; "+
			"give a lower MaxBody or a larger BodyBudget", m.BodyBudget, m.limit())}
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

// urlOf returns the URL that the sender called, if the verifier needs it.
func (m *Middleware) urlOf(request *http.Request) string {
	switch {
	case !m.Verifier.SignsURL():
		return ""
	case m.URL != nil:
		return m.URL(request)
	}
	return requestURL(m.Origin, request)
}

// handshake returns the answer to a handshake, which this middleware may give.
func (m *Middleware) handshake(request *http.Request, url string, body []byte) *Handshake {
	if !m.Verifier.SignsURL() {
		// Only the query is read then.
		url = targetOf(request)
	}
	var room [24]Header
	delivery := Delivery{Method: request.Method, URL: url, Headers: headersOf(room[:0], request), Body: body}
	// What is wrong with the verifier is found again, and reported, when the request is verified.
	answer, err := m.Verifier.Handshake(delivery, time.Now())
	if err != nil || answer == nil {
		return nil
	}
	if _, isChosen := answer.Secret(); isChosen {
		return nil
	}
	return answer
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
	case errors.Is(err, ErrBusy):
		response.Header().Set("Retry-After", "1")
		status, text = http.StatusServiceUnavailable, "try again later"
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

// FromContext says what made a request authentic that a [Middleware] has passed on; false if none has.
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
