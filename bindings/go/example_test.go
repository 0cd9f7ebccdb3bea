//go:build cgo

package countersign_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"countersign.example/countersign"
)

// For senders that sign the body alone, the value of the signature header and the raw body are enough.
func Example() {
	verifier, err := countersign.Preset("github", countersign.NewSecret("It's a Secret to Everybody"))
	if err != nil {
		log.Fatal(err)
	}
	signature := "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	verified, err := verifier.VerifySignature(signature, []byte("Hello, World!"))
	fmt.Println(verified.Algorithm, err)
	_, err = verifier.VerifySignature(signature, []byte("Hello, World?"))
	fmt.Println(errors.Is(err, countersign.ErrMismatch), err)
	// Output:
	// SHA_256 <nil>
	// true countersign: the signature does not belong to this body and secret
}

// A sender of your own.
func ExampleNew() {
	verifier, err := countersign.New(countersign.Config{
		Secrets:   []countersign.Secret{countersign.NewSecret("new one"), countersign.NewSecret("old one")},
		Algorithm: countersign.SHA512,
		Encoding:  countersign.Hex,
		Header:    "X-Orders-Signature",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verifier.Header())
	// Output: X-Orders-Signature
}

// The JSON configuration of a connection.
func ExampleFromConnection() {
	_, err := countersign.FromConnection(`{"auth_method": "HMAC", "auth_secret": "a secret", "algorithm": "SHA256"}`)
	var wrong *countersign.ConfigError
	fmt.Println(errors.Is(err, countersign.ErrInvalidConfig), errors.As(err, &wrong))
	fmt.Println(wrong.Detail)
	// Output:
	// true true
	// line 1: algorithm: found "SHA256"; allowed are SHA_256, SHA_512, SHA_384, SHA_224, SHA_1, MD5, INFER_FROM_HEADER; did you mean "SHA_256"?
}

// A delivery that did not arrive through net/http: from a queue, an archive, or another server.
func ExampleVerifier_VerifyDelivery() {
	verifier, err := countersign.Preset("standard-webhooks", countersign.NewSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
	if err != nil {
		log.Fatal(err)
	}
	delivery := countersign.Delivery{
		Headers: []countersign.Header{
			{Name: "webhook-id", Value: "msg_p5jXN8AQM9LWM0D4loKWxJek"},
			{Name: "webhook-timestamp", Value: "1614265330"},
			{Name: "webhook-signature", Value: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		},
		Body: []byte(`{"test": 2432232314}`),
	}
	_, err = verifier.VerifyDelivery(delivery, time.Unix(1614265330, 0))
	fmt.Println(err)
	_, err = verifier.VerifyDelivery(delivery, time.Now())
	fmt.Println(errors.Is(err, countersign.ErrExpired), countersign.Code(err))
	// Output:
	// <nil>
	// true 11
}

// A handler that receives authentic requests only.
func ExampleMiddleware() {
	verifier, err := countersign.Preset("github", countersign.NewSecret("It's a Secret to Everybody"))
	if err != nil {
		log.Fatal(err)
	}
	orders := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		fmt.Println("an authentic body:", string(body))
	})
	handler, err := countersign.Middleware{
		Verifier: verifier,
		MaxBody:  25 << 20, // GitHub sends up to 25 MB
		// Of all bodies that are in memory together.
		BodyBudget: 250 << 20,
		OnReject:   func(request *http.Request, err error) { fmt.Println(request.URL, countersign.Code(err), err) },
	}.Handler(orders)
	if err != nil {
		log.Fatal(err)
	}

	for _, body := range []string{"Hello, World!", "Hello, World?"} {
		request := httptest.NewRequest("POST", "/orders", strings.NewReader(body))
		request.Header.Set("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		fmt.Println(response.Code)
	}
	// Output:
	// an authentic body: Hello, World!
	// 200
	// /orders 8 countersign: the signature does not belong to this body and secret
	// 401
}

// A sender that chooses the secret in its handshake, while someone has opened the endpoint for it. (A Middleware answers all
// other handshakes itself.)
func ExampleVerifier_Handshake() {
	verifier, err := countersign.Preset("asana", countersign.NewSecret("none yet"))
	if err != nil {
		log.Fatal(err)
	}
	isOpen := true
	var stored []byte
	hooks := func(response http.ResponseWriter, request *http.Request) {
		delivery := countersign.Delivery{Method: request.Method, URL: request.URL.String()}
		for name := range request.Header {
			delivery.Headers = append(delivery.Headers, countersign.Header{Name: name, Value: request.Header.Get(name)})
		}
		handshake, err := verifier.Handshake(delivery, time.Now())
		if err != nil || handshake == nil || !isOpen {
			http.Error(response, "not accepted", http.StatusUnauthorized)
			return
		}
		if secret, ok := handshake.Secret(); ok {
			stored = secret.Expose()
			isOpen = false
		}
		handshake.ServeHTTP(response, request)
	}

	for range 2 {
		request := httptest.NewRequest("POST", "/hooks", nil)
		request.Header.Set("X-Hook-Secret", "b537207f20cbfa02357cf448134da559")
		response := httptest.NewRecorder()
		hooks(response, request)
		fmt.Println(response.Code, response.Header().Get("X-Hook-Secret"), len(stored))
	}
	// Output:
	// 200 b537207f20cbfa02357cf448134da559 32
	// 401  32
}

// A handler that is called only once for each message, however often its sender repeats it.
func ExampleReplayMemory() {
	verifier, err := countersign.Preset("github", countersign.NewSecret("It's a Secret to Everybody"))
	if err != nil {
		log.Fatal(err)
	}
	memory, err := countersign.NewReplayMemory(100_000)
	if err != nil {
		log.Fatal(err)
	}
	orders := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		fmt.Println("an order")
		fmt.Fprintln(response, "thanks")
	})
	handler, err := countersign.Middleware{Verifier: verifier, Replay: memory, ReplayWindow: 24 * time.Hour}.Handler(orders)
	if err != nil {
		log.Fatal(err)
	}

	for range 2 {
		request := httptest.NewRequest("POST", "/orders", strings.NewReader("Hello, World!"))
		request.Header.Set("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		fmt.Print(response.Code, " ", response.Body)
	}
	// Output:
	// an order
	// 200 thanks
	// 200 taken before
}

// Many in one call, from a queue or an archive.
func ExampleVerifier_VerifyBatch() {
	verifier, err := countersign.Preset("github", countersign.NewSecret("It's a Secret to Everybody"))
	if err != nil {
		log.Fatal(err)
	}
	signature := "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	for _, verdict := range verifier.VerifyBatch([]countersign.SignedBody{
		{Signature: signature, Body: []byte("Hello, World!")},
		{Signature: signature, Body: []byte("Hello, World?")},
	}) {
		fmt.Println(countersign.Code(verdict.Err))
	}
	// Output:
	// 0
	// 8
}

// A body that arrives in pieces and is not kept.
func ExampleStream() {
	verifier, err := countersign.Preset("github", countersign.NewSecret("It's a Secret to Everybody"))
	if err != nil {
		log.Fatal(err)
	}
	stream, err := verifier.BeginSignature("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	if _, err := io.Copy(stream, strings.NewReader("Hello, World!")); err != nil {
		log.Fatal(err)
	}
	_, err = stream.Finish()
	fmt.Println(err)
	// Output: <nil>
}

// Signing, for senders, tests and tools.
func ExampleSigner() {
	signer, err := countersign.NewSigner(countersign.Config{
		Preset: "github", Secrets: []countersign.Secret{countersign.NewSecret("It's a Secret to Everybody")},
	})
	if err != nil {
		log.Fatal(err)
	}
	headers, err := signer.Sign(countersign.Delivery{Body: []byte("Hello, World!")}, "", time.Now())
	fmt.Println(headers, err)
	// Output: [{X-Hub-Signature-256 sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17}] <nil>
}
