using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;
using Fusion.Interop.Nvrtc;

namespace Fusion.Compiler.Precompiled;

/// <summary>Headers that NVRTC read once for several compilations of this process. Another process cannot use them: NVRTC wants its
/// memory at the same address.</summary>
/// <param name="File">Full path of NVRTC's file.</param>
/// <param name="Options">The options with which it was made.</param>
/// <param name="Headers">Full paths of what it holds, in the order NVRTC read them.</param>
/// <param name="Log">What NVRTC said of them, which it does not say again where they are used.</param>
internal sealed record PrecompiledHeader(string File, IReadOnlyList<string> Options, IReadOnlyList<string> Headers, string Log)
{
    /// <summary>The bytes of headers from which on it pays: cuda_fp16.h of the SDK has 43 KB, which take NVRTC 40 ms.</summary>
    public const long LeastBytes = 32_000;

    private const string ProgramName = "fusion-precompiled-headers.cu";
    private const string Quiet = "--pch-messages=false";

    /// <summary>NVRTC's options for a compilation that uses it.</summary>
    public IReadOnlyList<string> UseOptions => [$"--use-pch={File}", Quiet];

    /// <summary>Precompiles headers.</summary>
    /// <param name="setup">What all jobs share.</param>
    /// <param name="kernel">A kernel that begins with them.</param>
    /// <param name="text">The directives that include them.</param>
    /// <param name="options">NVRTC's options for that kernel.</param>
    /// <param name="watch">Watches the kernel's headers since before they were read.</param>
    /// <returns>Null if NVRTC does not, or if it would not pay or not be the same.</returns>
    public static PrecompiledHeader? Create(JobSetup setup, Kernel kernel, string text, IReadOnlyList<string> options, InputWatch watch)
    {
        if (setup.Toolchain.NewPrecompiledFile() is not { } file) return null;
        using var trace = setup.Toolchain.NewTrace();
        // Beside the kernel, where the search for what stands between quotes begins.
        var name = kernel.InProject(Path.Combine(Path.GetDirectoryName(kernel.Source)!, ProgramName));
        using var program = setup.Toolchain.Library.CreateProgram(text, name);
        var result = program.Compile([.. options, .. trace?.Options ?? [], $"--create-pch={file}", Quiet]);
        var log = program.GetLog();
        var headers = trace?.Read(kernel.ProjectDirectory) ?? [];
        var texts = headers.Select(header => setup.Contents.Get(header)?.Text ?? "").Append(text).ToArray();
        var isOfUse = result == NvrtcResult.Success && System.IO.File.Exists(file)
            // A warning about the directives themselves has its place in the kernel.
            && !log.Contains(ProgramName, StringComparison.Ordinal)
            && !texts.Any(one => one.Contains("__BASE_FILE__", StringComparison.Ordinal))
            && texts.Sum(one => (long)one.Length) >= LeastBytes
            // NVRTC does not look again whether a header changed.
            && watch.WhatChanged(setup.IncludedBy(kernel, headers)).Count == 0;
        if (isOfUse) return new PrecompiledHeader(file, options, headers, log);
        System.IO.File.Delete(file);
        return null;
    }

    /// <summary>Removes NVRTC's file. To be called when no compilation uses it any more.</summary>
    public void Remove() => System.IO.File.Delete(File);
}
