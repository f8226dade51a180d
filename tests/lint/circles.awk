# SPDX-License-Identifier: Apache-2.0
# Reads the facts; finds rooms that stand in a circle.  A room is NAME.c with
# NAME.h and NAME_int.h.  An arrow from room A to room B is an include, or a
# declaration in A of something that B defines.  FILE:LINE: reason, for each
# arrow of each circle.  With -v graph=1 it prints every arrow, as two rooms.

BEGIN {
    FS = "\t"
}

# arrow(A, B, WHERE, WHY): the first of its kind is shown.
function arrow(a, b, where, why) {
    if (a == b || (a, b) in reason)
        return
    rooms[a] = rooms[b] = 1
    out[a] = out[a] b "\n"
    into[b] = into[b] a "\n"
    place[a, b] = where
    reason[a, b] = why
}

$1 == "def" && $6 != "static" {
    defined($2, $5)
}

$1 == "inc" && $5 != "-" {
    arrow(room_of($2), room_of($5), $2 ":" $3, "it includes \"" $4 "\"")
}

$1 == "dec" {
    declaration[++declarations] = $0
}

# Marks all rooms that can be reached from `start` by these arrows.
function reach(start, arrows, mark,    stack, top, room, list, k, n) {
    stack[top = 1] = start
    mark[start] = 1
    while (top) {
        room = stack[top--]
        n = split(arrows[room], list, "\n")
        for (k = 1; k < n; k++) {
            if (!(list[k] in mark)) {
                mark[list[k]] = 1
                stack[++top] = list[k]
            }
        }
    }
}

# What `room` and others have in common: they reach it and are reached.
function circle_of(room, circle,    forth, back, other) {
    reach(room, out, forth)
    reach(room, into, back)
    for (other in forth)
        if (other in back)
            circle[other] = 1
}

# Prints the arrows of a circle, which is called by its first room.
function print_circle(circle, name, size,    a, b, pair) {
    for (pair in reason) {
        split(pair, ends, SUBSEP)
        a = ends[1]
        b = ends[2]
        if (a in circle && b in circle)
            printf "%s: in a circle of %d rooms with %s: %s needs %s: %s\n", \
                place[a, b], size, name, a, b, reason[a, b] | sorter
    }
}

function print_circles(    room, other, circle, size, name) {
    sorter = "sort -t: -k3,3 -k1,1 -k2,2n"
    for (room in rooms) {
        if (room in done)
            continue
        split("", circle)
        circle_of(room, circle)
        size = 0
        name = room
        for (other in circle) {
            done[other] = 1
            size++
            if (other < name)
                name = other
        }
        if (size > 1)
            print_circle(circle, name, size)
    }
}

END {
    for (i = 1; i <= declarations; i++) {
        split(declaration[i], d, "\t")
        file = definer_of(d[2], d[5])
        if (file != "")
            arrow(room_of(d[2]), room_of(file), d[2] ":" d[3], \
                "it declares " d[5] ", defined in " file)
    }
    if (!graph) {
        print_circles()
    } else {
        for (pair in reason) {
            split(pair, ends, SUBSEP)
            print ends[1] "\t" ends[2] | "sort"
        }
    }
}
