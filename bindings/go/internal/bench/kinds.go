//go:build cgo

package main

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"log"

	"countersign.example/countersign"
)

// A kind is what is verified: an algorithm and an encoding.
type kind struct {
	algorithm countersign.Algorithm
	encoding  countersign.Encoding
	hash      func() hash.Hash
}

var kinds = []kind{
	{countersign.SHA256, countersign.Hex, sha256.New},
	{countersign.SHA256, countersign.Base64, sha256.New},
	{countersign.SHA512, countersign.Hex, sha512.New},
	{countersign.SHA384, countersign.Hex, sha512.New384},
	{countersign.SHA224, countersign.Hex, sha256.New224},
	{countersign.SHA1, countersign.Hex, sha1.New},
	{countersign.MD5, countersign.Hex, md5.New},
}

var key = []byte("It's a Secret to Everybody")

func (k kind) items(size int) []countersign.SignedBody {
	items := make([]countersign.SignedBody, batch)
	for index := range items {
		body := make([]byte, size)
		for at := range body {
			body[at] = byte(at*7 + index)
		}
		mac := hmac.New(k.hash, key)
		mac.Write(body)
		items[index] = countersign.SignedBody{Signature: k.encode(mac.Sum(nil)), Body: body}
	}
	return items
}

func (k kind) encode(tag []byte) string {
	if k.encoding == countersign.Hex {
		return hex.EncodeToString(tag)
	}
	return base64.StdEncoding.EncodeToString(tag)
}

func (k kind) decode(signature string) ([]byte, error) {
	if k.encoding == countersign.Hex {
		return hex.DecodeString(signature)
	}
	return base64.StdEncoding.DecodeString(signature)
}

// fresh is what nearly every handler does.
func (k kind) fresh(items []countersign.SignedBody) contestant {
	return oneByOne("hmac.New", items, func(item *countersign.SignedBody) bool {
		tag, err := k.decode(item.Signature)
		if err != nil {
			return false
		}
		mac := hmac.New(k.hash, key)
		mac.Write(item.Body)
		return hmac.Equal(tag, mac.Sum(nil))
	})
}

// reset is the best that can be done with the standard library: the key's state is kept, and nothing is allocated. Only
// one goroutine at a time can use it.
func (k kind) reset(items []countersign.SignedBody) contestant {
	mac := hmac.New(k.hash, key)
	var room [sha512.Size]byte
	var text [2 * sha512.Size]byte
	var tag [2 * sha512.Size]byte
	decode := hex.Decode
	if k.encoding == countersign.Base64 {
		decode = base64.StdEncoding.Decode
	}
	return oneByOne("hmac Reset", items, func(item *countersign.SignedBody) bool {
		length, err := decode(tag[:], text[:copy(text[:], item.Signature)])
		if err != nil {
			return false
		}
		mac.Reset()
		mac.Write(item.Body)
		return hmac.Equal(tag[:length], mac.Sum(room[:0]))
	})
}

func (k kind) single(items []countersign.SignedBody) contestant {
	verifier := k.verifier()
	return oneByOne("VerifySignature", items, func(item *countersign.SignedBody) bool {
		_, err := verifier.VerifySignature(item.Signature, item.Body)
		return err == nil
	})
}

func (k kind) batch(items []countersign.SignedBody) contestant {
	verifier := k.verifier()
	run := func() int {
		authentic := 0
		for _, verdict := range verifier.VerifyBatch(items) {
			if verdict.Err == nil {
				authentic++
			}
		}
		return authentic
	}
	verdicts := func(items []countersign.SignedBody) []bool {
		made := make([]bool, 0, len(items))
		for _, verdict := range verifier.VerifyBatch(items) {
			made = append(made, verdict.Err == nil)
		}
		return made
	}
	return contestant{"VerifyBatch", len(items), run, verdicts, items}
}

func (k kind) verifier() *countersign.Verifier {
	verifier, err := countersign.New(countersign.Config{
		Secrets: []countersign.Secret{countersign.NewSecret(key)}, Algorithm: k.algorithm, Encoding: k.encoding,
	})
	if err != nil {
		log.Fatal(err)
	}
	return verifier
}

func oneByOne(name string, items []countersign.SignedBody, verify func(*countersign.SignedBody) bool) contestant {
	run := func() int {
		authentic := 0
		for index := range few {
			if verify(&items[index]) {
				authentic++
			}
		}
		return authentic
	}
	verdicts := func(items []countersign.SignedBody) []bool {
		made := make([]bool, 0, len(items))
		for index := range items {
			made = append(made, verify(&items[index]))
		}
		return made
	}
	return contestant{name, few, run, verdicts, items}
}
