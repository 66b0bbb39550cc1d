using Fusion.Build.Contract;
using Fusion.Compiler.Architectures;
using Fusion.Compiler.Jobs;
using Fusion.Compiler.Nvrtc;

namespace Fusion.Compiler.CommandLine;

/// <summary>Lists every NVRTC that can be found.</summary>
internal static class NvrtcListing
{
    /// <summary>Prints the list, in the order of the search, and marks the one that is used.</summary>
    /// <param name="request">NVRTC's path and the architectures, if the command line names some.</param>
    /// <param name="output">Where to.</param>
    /// <returns>The exit code: failure if there is none to use.</returns>
    public static int Print(CompileRequest request, TextWriter output)
    {
        var list = request.Kernels[0][nameof(Kernel.Architectures)];
        var named = list.Length == 0 ? [] : ArchitectureList.Parse(list, out _).Named;
        var choice = new NvrtcResolver(new TrackedMachine(Machine.This), NvrtcProbe.Of).Resolve(
            new NvrtcRequirements(named, request.SkipUnsupportedArchitectures, request.NvrtcPath, request.NvrtcPackPath, request.ProjectDirectory),
            lookAtAll: true);

        foreach (var result in choice.Candidates)
        {
            output.WriteLine($"{(result.Taken ? "*" : " ")} {result.Probe.Version?.ToString() ?? "-",-5} {result.Probe.Path}");
            output.WriteLine($"        from    {result.Candidate.Origin}");
            if (result.Probe.Architectures.Count > 0) output.WriteLine($"        has     {NvrtcResolver.Range(result.Probe)}");
            output.WriteLine($"        result  {result.Text}");
        }

        if (choice.Taken is not null && choice.IncludePath is { } headers) output.WriteLine($"Headers of the one used: {headers}");
        if (choice.Error is not null) output.WriteLine(choice.Error.ToString());
        return choice.Taken is null ? FusionCommand.Failure : FusionCommand.Success;
    }
}
