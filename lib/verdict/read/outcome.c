// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/outcome.h"

bool outcome_is(struct outcome o, enum failure f)
{
    return o.known && o.kind == f;
}

bool outcome_is_cert(struct outcome o)
{
    return o.known && failure_is_certificate(o.kind);
}

bool outcome_is_cut(struct outcome o)
{
    return o.known && failure_is_cut(o.kind);
}
