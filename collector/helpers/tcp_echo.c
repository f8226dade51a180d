// SPDX-License-Identifier: Apache-2.0
#include "collector/helpers/tcp_echo.h"

bool tcp_echo(struct buf *in, struct buf *out)
{
    buf_add_str(out, buf_str(in));
    buf_clear(in);
    return false;
}
