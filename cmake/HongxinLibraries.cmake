# Every library we use, found once. What each is for, and why, stands in docs/design.md.
find_package(PkgConfig REQUIRED)
function(hx_find name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${ARGN})
endfunction()

hx_find(ZMQ libzmq>=4.3.4)
hx_find(PROTOBUF_C libprotobuf-c>=1.4)
hx_find(LMDB lmdb>=0.9.24)
hx_find(EVENT libevent_core>=2.1.12)
hx_find(CYAML libcyaml>=1.3)
hx_find(YAML yaml-0.1>=0.2) # comes with libcyaml; gives the lines that it keeps to itself
hx_find(ICAL libical>=3.0)
hx_find(JANSSON jansson>=2.14)
hx_find(SODIUM libsodium>=1.0.18)
hx_find(CURL libcurl>=7.88)
hx_find(SYSTEMD libsystemd)
if(BUILD_TESTING)
  hx_find(CMOCKA cmocka>=1.1)
endif()
# libcsv and GEOS's C library ship no pkg-config file.
find_library(HX_CSV csv REQUIRED)
find_library(HX_GEOS geos_c REQUIRED)
find_program(HX_PROTOC_C protoc-c REQUIRED)
