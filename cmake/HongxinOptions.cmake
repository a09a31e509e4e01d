# Warnings and sanitizers, the same for every target: link hx_options.
set(HX_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(HX_WERROR "Treat warnings as errors" ON)

add_library(hx_options INTERFACE)
target_compile_options(hx_options INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
  -Wvla -Wformat=2 -Wimplicit-fallthrough -fno-common)
target_compile_definitions(hx_options INTERFACE _GNU_SOURCE HX_VERSION="${PROJECT_VERSION}")
# Every function is found at the start. A lazy first call saves the vector registers on the stack, and with them whatever of a
# secret was just copied through them; and a table of addresses that nobody writes any more is no target.
target_link_options(hx_options INTERFACE -Wl,-z,relro,-z,now)
if(HX_WERROR)
  target_compile_options(hx_options INTERFACE -Werror)
endif()
if(HX_SANITIZE)
  target_compile_options(hx_options INTERFACE
    -fsanitize=${HX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(hx_options INTERFACE -fsanitize=${HX_SANITIZE})
  if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND HX_SANITIZE MATCHES "address" AND NOT CMAKE_C_COMPILER MATCHES "afl-")
    # The fuzzers see which code an input has reached, in our libraries too. AFL++ brings its own.
    target_compile_options(hx_options INTERFACE -fsanitize-coverage=inline-8bit-counters,pc-table)
  endif()
else()
  target_compile_definitions(hx_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_compile_options(hx_options INTERFACE -fstack-protector-strong)
endif()

find_program(HX_CCACHE ccache)
if(HX_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${HX_CCACHE})
endif()
