# The Python that runs the black-box tests. Debian's own interpreter comes first: its modules (pytest, zmq,
# protobuf) are packages of the system, and another python3 earlier in PATH does not see them.
if(NOT Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python3_EXECUTABLE /usr/bin/python3 CACHE FILEPATH "Interpreter of the black-box tests")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
