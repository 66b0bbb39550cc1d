using Fusion.Gpu.Tests.Infrastructure;
using Fusion.Runtime;

namespace Fusion.Gpu.Tests.Modules;

/// <summary>Kernels as people write them, whose results are recorded: the tests of the emulator compare with them too. With
/// <c>FUSION_RECORD_KERNELS=FILE</c> the test writes the results of this GPU to a file, for
/// <c>tests/Shared/Kernels/recorded.txt</c>, and all bytes of them to <c>FILE.outputs</c>, to find out what differs.</summary>
public sealed class CommonKernelsOnTheGpu : GpuTest
{
    private const string Record = "FUSION_RECORD_KERNELS";

    [Test]
    public void GiveTheRecordedResults()
    {
        RequireHopperCode("groups");
        var results = KernelCases.All.Select(kernel => (Kernel: kernel, Bytes: kernel.Run(new Runner(this)))).ToArray();
        var lines = results.Select(result => result.Kernel.LineOf(result.Bytes)).ToArray();
        if (Environment.GetEnvironmentVariable(Record) is { Length: > 0 } file)
        {
            File.WriteAllLines(file, [$"# {Context.Device.Name}, driver {GpuDriver.Version}", .. lines]);
            File.WriteAllLines($"{file}.outputs", results.Select(result => $"{result.Kernel.Name} {Convert.ToBase64String(result.Bytes)}"));
            return;
        }

        var recorded = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "recorded.txt")).ToLookup(line => line.Split(' ')[0]);
        Assert.That(
            string.Concat(KernelCases.All.Zip(lines, (kernel, line) => kernel.Difference(line, recorded[kernel.Name].SingleOrDefault()))), Is.Empty);
    }

    private sealed class Runner(CommonKernelsOnTheGpu test) : IKernelRunner
    {
        public DeviceBuffer<byte> Upload(byte[] bytes) => new(test.Context, bytes);

        public string Run(KernelCase kernel, object[] arguments)
        {
            KernelArgument[] converted = [.. arguments.Select<object, KernelArgument>(argument => argument switch
            {
                DeviceBuffer<byte> buffer => buffer,
                int value => value,
                _ => throw new ArgumentException($"no kernel has a parameter of {argument.GetType()}"),
            })];
            var shape = new LaunchShape(kernel.Grid, kernel.Block) { SharedBytes = kernel.SharedBytes, Cooperative = kernel.Cooperative };
            return StandardOutput.Of(() => test.Run(kernel.Name, shape, converted));
        }
    }
}
