// SPDX-License-Identifier: Apache-2.0
/* Two certificates (DER, in base64) of two authorities, `a` and `b`, made with
 * openssl(1) for tests. That of `b` says that it was published (RFC 6962).
 * Their SHA-256, and that of their issuer's name. */
#ifndef PARALLAX_TEST_CERTS_H
#define PARALLAX_TEST_CERTS_H

#define CERT_A                                                                 \
    "MIHUMIGHAhR8p/wBjaXTPs2LWsAFKCmT51V2dDAFBgMrZXAwDDEKMAgGA1UEAwwBYTAg"     \
    "Fw0yNjExMzAyMzMxNThaGA8yMTI2MTEwNjIzMzE1OFowDDEKMAgGA1UEAwwBYTAqMAUG"     \
    "AytlcAMhAPMyszbYz0uYt4oc3hhDN1P7EuPkI0QKbi0HJHCV2/AjMAUGAytlcANBAI/h"     \
    "rIBeUeKfhfKRqg9LFl1FxVy/iJgNjn9AzoH0IXMdyBx5SAKk+Qsd96e23JT3GG8Qt9Bl"     \
    "liHK0dcgoPWV0Qc="
#define CERT_B                                                                 \
    "MIIBEDCBw6ADAgECAhQzb6HbGlaE45G6b6RUrip524SXETAFBgMrZXAwDDEKMAgGA1UE"     \
    "AwwBYjAgFw0yNjExMzAyMzMxNThaGA8yMTI2MTEwNjIzMzE1OFowDDEKMAgGA1UEAwwB"     \
    "YjAqMAUGAytlcAMhAB/OFiFKB69qSD7OsF7q6y5aE+TKDSyplRI7jXjz1xwPozUwMzAS"     \
    "BgorBgEEAdZ5AgQCBAQEAgAAMB0GA1UdDgQWBBTvdRnX4DVxs+ZEcVqbdXcjdtxkWTAF"     \
    "BgMrZXADQQBnq22Spt2PFv16q2X9+PEYC/ZZsLmuFubS+2J0AV1Lhmm4csRkIdkNg7SJ"     \
    "N0WTJp+cSegRHKFYmPTvejTE1UkA"
#define CERT_A_SHA256                                                          \
    "d052aba2afb8be3f0a79f9c38937bf9909b668ad573b67e3e1a18361d105d27f"
#define CERT_B_SHA256                                                          \
    "e1505f1429229b01572bf9b9b0a01e1aa45f0f070f77d31202762466002c3843"
#define ISSUER_A_SHA256                                                        \
    "378133e99b88eb7a46ea71e20fabcbcbc620a36f4ca86b084ec510e3583d77cc"
#define ISSUER_B_SHA256                                                        \
    "dd05b089f9a79a5451fee8ab86483ef105849b7d5488ae7331772c210a10d5fd"

#endif
