// SPDX-License-Identifier: Apache-2.0
/* The terminal without its echo. */
#include "collector/cmd/password.h"

#include "base/crypto.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Reads a line without its end, and no byte beyond it. */
static enum err read_line(char out[PASSWORD_MAX], struct diag *d)
{
    size_t n = 0;
    for (;;) {
        char c = 0;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != 1 || c == '\n') {
            break;
        }
        if (n == PASSWORD_MAX - 1) {
            return diag_set(d, ERR_INVAL,
                            "a password has no more than %d bytes",
                            PASSWORD_MAX - 1);
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return n ? ERR_OK : diag_set(d, ERR_INVAL, "no password was given");
}

/* Signals wait until the terminal shows again what is typed. */
static enum err read_hidden(const struct termios *shown, char out[PASSWORD_MAX],
                            struct diag *d)
{
    struct termios hidden = *shown;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    enum err e = read_line(out, d);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, shown);
    sigprocmask(SIG_SETMASK, &before, NULL);
    fputc('\n', stderr);
    return e;
}

enum err password_ask(const char *prompt, char out[PASSWORD_MAX],
                      struct diag *d)
{
    struct termios shown;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0) {
        return read_line(out, d);
    }
    fputs(prompt, stderr);
    return read_hidden(&shown, out, d);
}

enum err password_ask_new(char out[PASSWORD_MAX], struct diag *d)
{
    char again[PASSWORD_MAX] = "";
    enum err e = password_ask("Password for the new key: ", out, d);
    if (e == ERR_OK) {
        e = password_ask("The same again: ", again, d);
    }
    if (e == ERR_OK && strcmp(out, again) != 0) {
        e = diag_set(d, ERR_INVAL, "the two passwords differ");
    }
    crypto_forget(again, sizeof(again));
    return e;
}
