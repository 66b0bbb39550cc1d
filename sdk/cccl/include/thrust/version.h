#pragma once

// Thrust is for the host and not in the package. CUB's iterators ask for its version: without Thrust, they are C++'s own.
#define THRUST_VERSION 0
