//go:build cgo

package countersign

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

const chosen = "b537207f20cbfa02357cf448134da559"

// preset makes a verifier of a sender that shares the published secret.
func preset(t testing.TB, name string) *Verifier {
	t.Helper()
	verifier, err := Preset(name, NewSecret(publishedSecret))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = verifier.Close() })
	return verifier
}

// signed returns a request of a sender that shares the published secret.
func signed(t testing.TB, name, body string) Delivery {
	t.Helper()
	signer, err := NewSigner(Config{Preset: name, Secrets: []Secret{NewSecret(publishedSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	delivery := Delivery{Method: "POST", Body: []byte(body)}
	delivery.Headers, err = signer.Sign(delivery, "msg_1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return delivery
}

func TestHandshake(t *testing.T) {
	slack := `{"type": "url_verification", "challenge": "3eZbrw1a"}`
	forged := signed(t, "slack", slack)
	forged.Body = []byte(strings.Replace(slack, "3eZbrw1a", "another1", 1))
	text, nosniff := Header{"Content-Type", "text/plain"}, Header{"X-Content-Type-Options", "nosniff"}
	tests := []struct {
		preset   string
		delivery Delivery
		headers  []Header
		body     string
	}{
		{"dropbox", Delivery{Method: "GET", URL: "/?challenge=a%2Bb%3D"}, []Header{text, nosniff}, "a+b="},
		{"meta", Delivery{Method: "GET", URL: "/?hub.mode=subscribe&hub.challenge=1158201444"}, []Header{text}, "1158201444"},
		{"slack", signed(t, "slack", slack), []Header{text}, "3eZbrw1a"},
		{"trello", Delivery{Method: "HEAD"}, []Header{}, ""},
	}
	for _, test := range tests {
		found, err := preset(t, test.preset).Handshake(test.delivery, time.Now())
		if err != nil || found == nil {
			t.Errorf("%s: %v, %v", test.preset, found, err)
			continue
		}
		if _, isChosen := found.Secret(); isChosen || found.Status != 200 || !slices.Equal(found.Headers, test.headers) || string(found.Body) != test.body {
			t.Errorf("%s: %d, %v, %s", test.preset, found.Status, found.Headers, found.Body)
		}
	}
	late, err := preset(t, "slack").Handshake(tests[2].delivery, time.Now().Add(301*time.Second))
	if late != nil || err != nil {
		t.Error(late, err)
	}
	for name, delivery := range map[string]Delivery{
		"dropbox": {Method: "GET", URL: "/?challenge=%3Cscript%3E"}, "github": tests[0].delivery, "meta": {}, "slack": forged,
		"trello": {Method: "POST"}, "twitch": {Method: "\xff", URL: "\xff"},
	} {
		if found, err := preset(t, name).Handshake(delivery, time.Now()); found != nil || err != nil {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// The application makes the verifier with the secret that the sender has chosen.
func TestASecretThatTheSenderChooses(t *testing.T) {
	request := Delivery{Method: "POST", Headers: []Header{{"X-Hook-Secret", chosen}}}
	found, err := preset(t, "asana").Handshake(request, time.Now())
	if err != nil || found == nil {
		t.Fatal(found, err)
	}
	secret, isChosen := found.Secret()
	if !isChosen || string(secret.Expose()) != chosen || !slices.Equal(found.Headers, request.Headers) {
		t.Error(isChosen, found.Headers)
	}
	signer, err := NewSigner(Config{Preset: "asana", Secrets: []Secret{NewSecret(chosen)}})
	if err != nil {
		t.Fatal(err)
	}
	headers, err := signer.Sign(Delivery{Body: []byte("{}")}, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := Preset("asana", secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.VerifyDelivery(Delivery{Headers: headers, Body: []byte("{}")}, time.Now()); err != nil {
		t.Error(err)
	}

	// Where fmt calls its method it shows the status alone; elsewhere it shows no secret beside headers and body.
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, found) + fmt.Sprintf(verb, *found); text != "Handshake{200}Handshake{200}" {
			t.Error(verb, text)
		}
		found := Handshake{secret: NewSecret(shy)}
		for _, spelling := range shown() {
			if text := fmt.Sprintf(verb, struct{ handshake Handshake }{found}); strings.Contains(text, spelling) {
				t.Error(verb, text)
			}
		}
	}
}

func TestTheMiddlewareAnswersHandshakes(t *testing.T) {
	rejected := "not accepted\n"
	challenge, event := `{"type": "url_verification", "challenge": "3eZbrw1a"}`, `{"type": "event_callback"}`
	unsigned := signed(t, "slack", challenge)
	unsigned.Headers = nil
	choosing := Delivery{Method: "POST", Headers: []Header{{"X-Hook-Secret", chosen}}}
	form := []Header{{"Content-Type", "application/x-www-form-urlencoded"}}
	tests := []struct {
		preset   string
		delivery Delivery
		status   int
		answer   string
	}{
		{"dropbox", Delivery{Method: "GET", URL: "/hooks?challenge=abc123"}, 200, "abc123"},
		{"dropbox", Delivery{Method: "GET", URL: "/hooks?challenge=%3Cscript%3E"}, 401, rejected},
		{"dropbox", Delivery{Method: "GET", URL: "/hooks"}, 401, rejected},
		{"dropbox", Delivery{Method: "POST", URL: "/hooks?challenge=abc123"}, 401, rejected},
		{"slack", signed(t, "slack", challenge), 200, "3eZbrw1a"},
		{"slack", unsigned, 401, rejected},
		{"slack", signed(t, "slack", event), 299, event},
		{"trello", Delivery{Method: "HEAD"}, 200, ""},
		{"trello", Delivery{Method: "GET"}, 401, rejected},
		{"mandrill", Delivery{Method: "HEAD"}, 200, ""},
		{"woocommerce", Delivery{Method: "POST", Headers: form, Body: []byte("webhook_id=17")}, 200, ""},
		{"github", Delivery{Method: "HEAD"}, 401, ""},
		// Only the application can keep such a secret.
		{"asana", choosing, 401, rejected},
		// The limit holds for handshakes too.
		{"woocommerce", Delivery{Method: "POST", Headers: form, Body: []byte("webhook_id=17" + strings.Repeat("&", 100))}, 413, "too large\n"},
	}
	for _, test := range tests {
		memory, err := NewReplayMemory(10)
		if err != nil {
			t.Fatal(err)
		}
		isRejected, messages := false, 0
		middleware := Middleware{Verifier: preset(t, test.preset), MaxBody: 100, Replay: memory, ReplayWindow: time.Hour}
		middleware.Origin = "https://hooks.example.com"
		middleware.OnReject = func(*http.Request, error) { isRejected = true }
		handler, err := middleware.Handler(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
			messages++
			response.WriteHeader(299)
			_, _ = io.Copy(response, request.Body)
		}))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(handler)
		defer server.Close()
		request, err := http.NewRequest(test.delivery.Method, server.URL+test.delivery.URL, strings.NewReader(string(test.delivery.Body)))
		if err != nil {
			t.Fatal(err)
		}
		for _, header := range test.delivery.Headers {
			request.Header.Set(header.Name, header.Value)
		}
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != test.status || string(answer) != test.answer {
			t.Errorf("%s %s: %d, %q, %v", test.preset, test.delivery.Body, response.StatusCode, answer, err)
		}
		isEvent := test.status == 299
		if isRejected != (test.status >= 400) || messages != memory.Len() || (messages == 1) != isEvent {
			t.Errorf("%s %s: rejected: %v, %d messages, %d remembered", test.preset, test.delivery.Body, isRejected, messages, memory.Len())
		}
		if response.StatusCode == 200 && test.answer != "" && response.Header.Get("Content-Type") != "text/plain" {
			t.Error(response.Header)
		}
	}
}

func TestTheHandshakeOfAVerifierThatIsClosedLater(t *testing.T) {
	verifier := preset(t, "dropbox")
	handler := behind(t, Middleware{Verifier: verifier})
	_ = verifier.Close()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest("GET", "/?challenge=abc", nil))
	if recorder.Code != 503 {
		t.Error(recorder.Code)
	}
}
