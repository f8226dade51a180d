// SPDX-License-Identifier: Apache-2.0
/* marionette PORT SECONDS URL...: a Firefox that was started with --marionette
 * visits the addresses one after the other, as if they had been typed, SECONDS
 * after each other, and is told to quit. Exit 0 if all of them were answered,
 * with a page or with an error. The protocol is "LENGTH:JSON" over TCP, on the
 * loopback (firefox-source-docs, "Marionette: Protocol"). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX  (1 << 20)
#define START_TRIES 300 // a tenth of a second each
#define ANSWER_S    60

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

// Firefox listens some seconds after it was started.
static int dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = ANSWER_S};
    for (int i = 0; i < START_TRIES; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ==
                0) {
            return fd;
        }
        if (fd >= 0) {
            close(fd);
        }
        pause_ms(100);
    }
    return -1;
}

// One message is read and forgotten: that it came is what matters.
static bool answered(int fd)
{
    size_t len = 0;
    char c = 0;
    while (read(fd, &c, 1) == 1 && c >= '0' && c <= '9') {
        len = len * 10 + (size_t)(c - '0');
        if (len > ANSWER_MAX) {
            return false;
        }
    }
    if (c != ':') {
        return false;
    }
    for (; len > 0; len--) {
        if (read(fd, &c, 1) != 1) {
            return false;
        }
    }
    return true;
}

static bool ask(int fd, int id, const char *command, const char *arguments)
{
    char text[4096];
    char message[sizeof(text) + 16];
    int n = snprintf(text, sizeof(text), "[0,%d,\"%s\",%s]", id, command,
                     arguments);
    if (n < 0 || (size_t)n >= sizeof(text)) {
        return false;
    }
    n = snprintf(message, sizeof(message), "%d:%s", n, text);
    return write(fd, message, (size_t)n) == n && answered(fd);
}

// Pages are not waited for: how fast they are drawn is of no interest, and an
// address that is silent would hold up the rest.
static const char session[] =
    "{\"capabilities\":{\"alwaysMatch\":{\"pageLoadStrategy\":\"none\"}}}";

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: marionette PORT SECONDS URL...\n");
        return 2;
    }
    int fd = dial((int)strtol(argv[1], NULL, 10));
    bool fine = fd >= 0 && answered(fd) &&
                ask(fd, 1, "WebDriver:NewSession", session) &&
                ask(fd, 2, "WebDriver:SetTimeouts", "{\"pageLoad\":5000}");
    for (int i = 3; fine && i < argc; i++) {
        char arguments[2048];
        int n =
            snprintf(arguments, sizeof(arguments), "{\"url\":\"%s\"}", argv[i]);
        fine = n > 0 && (size_t)n < sizeof(arguments) &&
               ask(fd, i, "WebDriver:Navigate", arguments);
        pause_ms(strtol(argv[2], NULL, 10) * 1000);
    }
    if (!fine) {
        fprintf(stderr, "marionette: no answer from Firefox\n");
        return 1;
    }
    return ask(fd, argc, "Marionette:Quit", "{\"flags\":[\"eForceQuit\"]}") ? 0
                                                                            : 1;
}
