using System.Globalization;
using Fusion.Interop.Driver;
using Fusion.Runtime;

namespace Fusion.Cli.Doctor;

/// <summary>Looks at driver and GPUs.</summary>
internal static class GpuExamination
{
    /// <summary>Looks at the driver.</summary>
    /// <param name="problems">Gets what is wrong with it.</param>
    /// <param name="missing">Gets that there is none, which is wrong only where nothing else can be done.</param>
    public static DriverReport Driver(List<Finding> problems, List<Finding> missing)
    {
        if (GpuDriver.IsAvailable) return new(GpuDriver.Version.ToString(), GpuDriver.MaxPtxVersion.ToString(), GpuDriver.Origin);
        if (EmulatedDriver.IsWanted)
        {
            problems.Add(new(GpuDriver.Failure, $"Correct the variable {EmulatedDriver.Variable}, or remove it to use libcuda."));
        }
        else if (CudaDriver.TryLoad(out _, out var failure))
        {
            problems.Add(new("The CUDA driver found is the toolkit's stub for linkers, not a driver",
                "Install NVIDIA's driver, and take the toolkit's folder 'stubs' out of LD_LIBRARY_PATH."));
        }
        else
        {
            missing.Add(new($"No CUDA driver: {failure.ReplaceLineEndings("; ")}",
                "To run kernels, install NVIDIA's driver; in a container, start it with GPU access. Building kernels needs " +
                $"none, and tests can run them on the emulator: {EmulatedDriver.Variable}=emulator, with the package Fusion.Emulator."));
        }

        return new(null, null, null);
    }

    /// <summary>Looks at the GPUs.</summary>
    /// <param name="problems">Gets what is wrong with them.</param>
    public static IReadOnlyList<GpuReport> Gpus(List<Finding> problems)
    {
        if (!GpuDriver.IsAvailable) return [];
        try
        {
            var gpus = Enumerable.Range(0, GpuDevice.Count).Select(GpuDevice.Get).Select(Report).ToList();
            if (gpus.Count == 0)
            {
                problems.Add(new("The CUDA driver sees no GPU",
                    "Look at nvidia-smi and at the variable CUDA_VISIBLE_DEVICES; in a container, start it with GPU access."));
            }

            problems.AddRange(gpus.Where(gpu => gpu.BuiltInKernels is null).Select(gpu => new Finding(
                $"No built-in kernel of Fusion.Runtime runs on GPU {gpu.Number}, {gpu.Name} ({gpu.Architecture})",
                "The fused all-reduce needs sm_80 or newer, and a driver that takes its PTX where it has no machine code. " +
                "Kernels of your own run if their project names this architecture.")));
            return gpus;
        }
        catch (Exception e) when (e is IFusionError)
        {
            problems.Add(new(e.Message, "Look at nvidia-smi: driver and kernel module must be of the same version."));
            return [];
        }
    }

    /// <summary>Asks the driver which GPUs can use whose memory.</summary>
    /// <param name="gpus">The GPUs.</param>
    /// <param name="problems">Gets the pairs that cannot.</param>
    public static IReadOnlyList<IReadOnlyList<bool>> Peers(IReadOnlyList<GpuReport> gpus, List<Finding> problems)
    {
        if (gpus.Count < 2) return [];
        var driver = GpuDriver.Library;
        var matrix = gpus.Select(from => gpus
            .Select(to => from == to || CanAccess(driver, from.Number, to.Number)).ToList()).ToList();
        var apart = (from a in gpus from b in gpus where !matrix[a.Number][b.Number] select Pair(a.Number, b.Number)).ToList();
        if (apart.Count > 0)
        {
            problems.Add(new($"GPUs that cannot use each other's memory: {string.Join(", ", apart)}",
                "A group of ranks needs GPUs that all can. Put it on others, or enable peer access: NVLink or one PCIe root, " +
                "no IOMMU or ACS in between, no MIG."));
        }

        return matrix;
    }

    private static GpuReport Report(GpuDevice gpu) => new(
        gpu.Ordinal, gpu.Name, $"sm_{gpu.Capability.Number}", gpu.MultiprocessorCount, gpu.MemoryBytes, BuiltInKernels(gpu));

    private static string? BuiltInKernels(GpuDevice gpu)
    {
        var choices = KernelLibrary.Choose(typeof(GpuDevice).Assembly, gpu.Capability, GpuDriver.MaxPtxVersion);
        return choices.Any(choice => choice.Image is null) ? null
            : string.Join(", ", choices.Select(choice => choice.Image!.Architecture).Distinct());
    }

    private static bool CanAccess(CudaDriver driver, int from, int to) =>
        driver.Device.Get(from, out var device) == CudaResult.Success &&
        driver.Device.Get(to, out var peer) == CudaResult.Success &&
        driver.Peer.CanAccess(device, peer, out var can) == CudaResult.Success && can;

    private static string Pair(int from, int to) => string.Create(CultureInfo.InvariantCulture, $"{from} of {to}");
}
