# SPDX-License-Identifier: Apache-2.0
# What writes the record: a text that is not a literal goes through key_writer,
# which scrubs it.
# FILE:LINE: reason.

FNR == 1 {
    call = ""
}

# A call may go on over several lines.
{
    if (call == "" && match($0, /jw_(c|str|raw|maybe_binary|binary|base64|add_quoted|kc|ks|kn|ki|kb|key|key_str)\(/)) {
        call = substr($0, RSTART)
        line = FNR
    } else if (call != "") {
        call = call " " $0
    }
    if (call != "" && call ~ /;/) {
        judge(call)
        call = ""
    }
}

function judge(text,    name, key, value) {
    name = text
    sub(/\(.*/, "", name)
    if (name !~ /^jw_(k[a-z]|key)$/) {
        print FILENAME ":" line ": " name " writes a text past key_writer"
        return
    }
    key = text
    sub(/^[^,]*,[ ]*/, "", key)
    if (key !~ /^("|key[,)])/)
        print FILENAME ":" line ": " name " with a key that is no literal: use key_writer"
    value = key
    if (name == "jw_kc" || name == "jw_ks") {
        sub(/^[^,]*,[ ]*/, "", value)
        if (value !~ /^("|SCRUBBED\))/)
            print FILENAME ":" line ": " name " writes a text past key_writer"
    }
}
