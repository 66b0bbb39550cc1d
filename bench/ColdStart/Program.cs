// Cold start of a native program, from the begin of its process to its first result: a kernel on one GPU, or a fused all-reduce on two.
// usage: ColdStart kernel|all-reduce
// It prints a line a step: name and nanoseconds since COLD_BEGIN, a time of CLOCK_MONOTONIC. run.py starts it, and bare.c, many times.
using ColdStart;
using Fusion.Runtime;

Steps.Note("main");
if (args is not ["kernel" or "all-reduce"])
{
    Console.Error.WriteLine("usage: ColdStart kernel|all-reduce");
    return 2;
}

try
{
    // The driver is loaded and started.
    if (GpuDevice.Count < (args[0] == "kernel" ? 1 : 2)) throw new InvalidOperationException($"There are {GpuDevice.Count} GPUs; a kernel needs 1, an all-reduce 2.");
    Steps.Note("cuInit");
    var isRight = args[0] == "kernel" ? FirstKernel.Run() : FirstAllReduce.Run();
    Steps.Note("released");
    Steps.Print(isRight);
    return 0;
}
catch (Exception e) when (e is IFusionError or InvalidOperationException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
