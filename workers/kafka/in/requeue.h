/* hongxin-kafka requeue: dead letters go back to the topics that they came from, once what was
 * wrong is mended. */
#ifndef KAFKA_REQUEUE_H
#define KAFKA_REQUEUE_H

/* Runs it with the arguments behind `requeue`; the exit code: 0 all that were chosen went back, 1
 * some did not, or nothing could be read, 2 wrong use. */
int requeue_main(int argc, char **argv);

#endif
