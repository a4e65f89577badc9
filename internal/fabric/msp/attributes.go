package msp

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/ccdev/ccdev/internal/network"
)

// attributeOID is the extension in which fabric-ca puts attributes and the chaincode shim looks
// for them (package attrmgr of both).
func attributeOID() asn1.ObjectIdentifier {
	return asn1.ObjectIdentifier{1, 2, 3, 4, 5, 6, 7, 8, 1}
}

// attributeJSON is the content of that extension.
type attributeJSON struct {
	Attrs map[string]string `json:"attrs"`
}

// Attributes are the attributes in a certificate, by name. They are nil for a certificate
// without any.
func Attributes(cert *x509.Certificate) (map[string]string, error) {
	text := attributeBytes(cert.Extensions)
	if text == nil {
		return nil, nil
	}
	var a attributeJSON
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("attributes in the certificate of %s: %w", cert.Subject.CommonName, err)
	}
	return a.Attrs, nil
}

// attributeExtension holds the user's attributes, and those fabric-ca gives to everyone.
func attributeExtension(u network.User, ou string) (*pkix.Extension, error) {
	attrs := map[string]string{"hf.EnrollmentID": u.Name, "hf.Type": ou, "hf.Affiliation": ""}
	maps.Copy(attrs, u.Attributes)
	text, err := json.Marshal(attributeJSON{Attrs: attrs}) // sorts by name: same attributes, same bytes
	if err != nil {
		return nil, fmt.Errorf("encode attributes: %w", err)
	}
	return &pkix.Extension{Id: attributeOID(), Value: text}, nil
}

func attributeBytes(extensions []pkix.Extension) []byte {
	for _, e := range extensions {
		if e.Id.Equal(attributeOID()) {
			return e.Value
		}
	}
	return nil
}
