//go:build cgo

package countersign

import (
	"fmt"
	"net/http"
	"time"
)

// checkReplay refuses settings that cannot work, and makes the window as long as the verifier needs.
func (m *Middleware) checkReplay() (err error) {
	switch {
	case m.Replay == nil && m.ReplayWindow != 0:
		return &ConfigError{ErrInvalidConfig, "ReplayWindow is set, but no Replay that would remember for so long"}
	case m.Replay == nil:
		return nil
	case m.Replay.owner() == nil:
		return fmt.Errorf("countersign: Middleware.Replay: %w", ErrClosed)
	}
	m.ReplayWindow, err = m.Verifier.ReplayWindow(m.ReplayWindow)
	return err
}

// take accepts the message of an authentic request.
func (m *Middleware) take(request *http.Request, url string, body []byte) (Ticket, error) {
	var room [24]Header
	identity, err := m.Verifier.Identify(Delivery{Method: request.Method, URL: url, Headers: headersOf(room[:0], request), Body: body})
	if err != nil {
		return Ticket{}, err
	}
	return m.Replay.Take(identity, time.Now(), m.ReplayWindow)
}

// serveTaken calls the handler for an accepted message, and reports the outcome to the memory.
func (m *Middleware) serveTaken(next http.Handler, response http.ResponseWriter, request *http.Request, ticket Ticket) {
	watched := &watchedResponse{ResponseWriter: response}
	handled := false
	defer func() {
		// The handler has panicked or failed.
		if !handled {
			m.Replay.Forget(ticket)
		}
	}()
	next.ServeHTTP(watched, request)
	handled = watched.isSuccess()
	if handled {
		m.Replay.Finish(ticket)
	}
}

// A watchedResponse records the status of an answer.
type watchedResponse struct {
	http.ResponseWriter
	status int // 0 until the head is written
}

// WriteHeader is that of [http.ResponseWriter].
func (w *watchedResponse) WriteHeader(status int) {
	// Others may follow a 1xx, except after 101.
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write is that of [http.ResponseWriter].
func (w *watchedResponse) Write(data []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(data)
}

// Flush is that of [http.Flusher], for handlers that ask for one.
func (w *watchedResponse) Flush() {
	_ = w.FlushError()
}

// FlushError is for [http.ResponseController].
func (w *watchedResponse) FlushError() error {
	err := http.NewResponseController(w.ResponseWriter).Flush()
	if err == nil {
		w.begin()
	}
	return err
}

// Unwrap is for [http.ResponseController].
func (w *watchedResponse) Unwrap() http.ResponseWriter {
	return w.ResponseWriter
}

// begin notes the status that net/http sends if no other was written.
func (w *watchedResponse) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// isSuccess reports whether the handler has answered with success. Call it after the handler has returned.
func (w *watchedResponse) isSuccess() bool {
	// A gRPC handler always sends 200, and the outcome in this header or trailer.
	grpc := w.Header().Get("Grpc-Status")
	// net/http answers 200 for a handler that wrote nothing.
	return (w.status == 0 || w.status/100 == 2) && (grpc == "" || grpc == "0")
}
