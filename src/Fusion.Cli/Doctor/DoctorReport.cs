using Fusion.Runtime;

namespace Fusion.Cli.Doctor;

/// <summary>What this machine has for GPU kernels.</summary>
/// <param name="Driver">The CUDA driver.</param>
/// <param name="Gpus">The GPUs that it sees.</param>
/// <param name="Peers">For each GPU, whether it can use the memory of each.</param>
/// <param name="Nvrtc">Every NVRTC that fusionc's search finds, in its order.</param>
/// <param name="Variables">Variables of the environment that Fusion.Runtime sets in a process, unless the user has.</param>
/// <param name="TunedPolicies">For each kind of GPU and each topology, the limits that were measured for it.</param>
/// <param name="Problems">What is wrong, and what to do.</param>
/// <param name="Notes">What is not there and need not be, such as a GPU where kernels are only built.</param>
internal sealed record DoctorReport(
    DriverReport Driver,
    IReadOnlyList<GpuReport> Gpus,
    IReadOnlyList<IReadOnlyList<bool>> Peers,
    IReadOnlyList<NvrtcReport> Nvrtc,
    IReadOnlyList<VariableReport> Variables,
    IReadOnlyList<TunedPolicyReport> TunedPolicies,
    IReadOnlyList<Finding> Problems,
    IReadOnlyList<Finding> Notes);

/// <summary>The CUDA driver.</summary>
/// <param name="Cuda">The newest CUDA version that it knows; null without a driver.</param>
/// <param name="Ptx">The newest PTX that it takes; null without a driver.</param>
/// <param name="Origin">Where its functions come from: the file of libcuda, or the emulator and why; null without a driver.</param>
internal sealed record DriverReport(string? Cuda, string? Ptx, string? Origin);

/// <summary>A GPU.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Name">Its product name.</param>
/// <param name="Architecture">What to compile for.</param>
/// <param name="Multiprocessors">How many it has.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="BuiltInKernels">The image of Fusion.Runtime's own kernels that it gets; null if none runs on it.</param>
internal sealed record GpuReport(
    int Number, string Name, string Architecture, int Multiprocessors, long MemoryBytes, string? BuiltInKernels);

/// <summary>An NVRTC.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Origin">How the search came to it.</param>
/// <param name="Version">Its version; null if it cannot be loaded.</param>
/// <param name="IsUsed">Whether it is the one that compiles.</param>
/// <param name="Works">Whether it compiles.</param>
/// <param name="Verdict">Why it is used or not.</param>
/// <param name="Architectures">What it compiles for.</param>
/// <param name="Advice">What to do about it; null if nothing is wrong with it.</param>
internal sealed record NvrtcReport(
    string Path, string Origin, string? Version, bool IsUsed, bool Works, string Verdict, IReadOnlyList<string> Architectures,
    string? Advice);

/// <summary>A variable of the environment that the CUDA driver or NCCL reads.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Value">The value in force.</param>
/// <param name="IsOwn">Whether the user has set it; otherwise Fusion.Runtime does.</param>
/// <param name="Meaning">What it says.</param>
internal sealed record VariableReport(string Name, string Value, bool IsOwn, string Meaning);

/// <summary>File of limits that <c>fusion tune</c> measured.</summary>
/// <param name="Gpu">Product name of the GPU.</param>
/// <param name="Topology">Topology of the groups: <c>gpus</c> or <c>loopback</c>.</param>
/// <param name="File">Path of the file, which need not exist.</param>
/// <param name="WorldSizes">World sizes that the file has limits for; none if it does not exist or is wrong.</param>
internal sealed record TunedPolicyReport(string Gpu, GroupTopology Topology, string File, IReadOnlyList<int> WorldSizes);

/// <summary>Something that is wrong, or not there.</summary>
/// <param name="What">What it is.</param>
/// <param name="Advice">What to do.</param>
internal sealed record Finding(string What, string Advice);
