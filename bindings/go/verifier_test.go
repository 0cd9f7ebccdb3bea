//go:build cgo

package countersign

import (
	"errors"
	"testing"
)

const (
	publishedSecret    = "It's a Secret to Everybody"
	publishedSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	publishedBody      = "Hello, World!"
)

// github verifies the example in GitHub's documentation.
func github(t testing.TB) *Verifier {
	t.Helper()
	verifier, err := Preset("github", NewSecret(publishedSecret))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = verifier.Close() })
	return verifier
}

func TestThePublishedExampleOfGitHub(t *testing.T) {
	verifier := github(t)
	verified, err := verifier.VerifySignature(publishedSignature, []byte(publishedBody))
	if err != nil || verified != (Verified{SHA256, 0, true}) {
		t.Errorf("%v, %v", verified, err)
	}
	verified, err = verifier.VerifySignature(publishedSignature, []byte("Hello, World?"))
	if !errors.Is(err, ErrMismatch) || verified != rejected {
		t.Errorf("%v, %v", verified, err)
	}
}
