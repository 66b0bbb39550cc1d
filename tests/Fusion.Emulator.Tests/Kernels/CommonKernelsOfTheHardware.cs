using Fusion.Emulation.Tests.Support;
using Fusion.Runtime;

namespace Fusion.Emulation.Tests.Kernels;

/// <summary>Kernels as people write them, whose results are those that a GPU gave: <c>tests/Shared/Kernels/recorded.txt</c>. The test
/// CommonKernelsOnTheGpu of Fusion.Gpu.Tests makes that file.</summary>
public sealed class CommonKernelsOfTheHardware
{
    private const string Folder = "tests/Shared/Kernels";

    [TestCase("12.4", "compute_90")]
    [TestCase("11.8", "compute_90", Category = "Nightly")]
    public void GiveItsResults(string nvrtc, string architecture)
    {
        var recorded = Repository.Read($"{Folder}/recorded.txt").Split('\n').ToLookup(line => line.Split(' ')[0]);
        var wrong = "";
        foreach (var file in KernelCases.Files)
        {
            using var runner = new Runner(CudaSource.ToPtx(Repository.Read($"{Folder}/{file}.cu"), architecture, nvrtc));
            foreach (var kernel in KernelCases.All.Where(kernel => kernel.File == file))
                wrong += kernel.Difference(kernel.LineOf(kernel.Run(runner)), recorded[kernel.Name].SingleOrDefault());
        }

        Assert.That(wrong, Is.Empty);
    }

    private sealed class Runner : IKernelRunner, IDisposable
    {
        private readonly TestGpu gpu;

        public Runner(string ptx) => gpu = new(ptx);

        public DeviceBuffer<byte> Upload(byte[] bytes) => new(gpu.Context, bytes);

        public string Run(KernelCase kernel, object[] arguments)
        {
            using var said = new StringWriter();
            Emulation.Driver.DriverState.Current.Machine.Print = said.Write;
            gpu.Run(kernel.Name, kernel.Grid, kernel.Block, kernel.SharedBytes, kernel.Cooperative ? [Interop.Driver.LaunchOption.Cooperative] : [], arguments);
            return said.ToString();
        }

        public void Dispose() => gpu.Dispose();
    }
}
