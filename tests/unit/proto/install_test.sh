#!/bin/sh
# What is installed is enough for somebody outside this tree: pkg-config finds the library wherever it
# was put, and the C example compiles against it, shared and static, and runs.
#
#   install_test.sh BUILD_DIRECTORY
set -eu
build=$1
where=$(mktemp -d)
trap 'rm -rf "$where"' EXIT

cmake --install "$build/proto" --prefix "$where" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$where" -name hongxin.pc)")
export PKG_CONFIG_PATH
cd "$where"
example=$(find . -name complain.c)
libraries=$(pkg-config --variable=libdir hongxin)

# shellcheck disable=SC2046 # flags are words
cc -Wall -Wextra -Werror -o shared "$example" $(pkg-config --cflags --libs hongxin)
# shellcheck disable=SC2046
cc -Wall -Wextra -Werror -o static "$example" $(pkg-config --cflags hongxin) \
    "$libraries/libhongxin.a" $(pkg-config --libs libprotobuf-c libzmq)

for program in shared static; do
    said=$(LD_LIBRARY_PATH=$libraries "./$program" 2>&1) && code=0 || code=$?
    if [ "$code" != 2 ] || [ "$said" != 'usage: complain INTAKE FEED PLACE' ]; then
        echo "$program: exit $code: $said"
        exit 1
    fi
done

foreign=$(nm -D --defined-only "$libraries/libhongxin.so" | awk '{print $3}' |
    grep -v -e '^hx_' -e '^hongxin__v1__' || true)
if [ -n "$foreign" ]; then
    echo "foreign symbols: $foreign"
    exit 1
fi
