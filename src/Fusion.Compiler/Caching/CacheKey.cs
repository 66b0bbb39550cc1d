using System.Globalization;
using Fusion.Build.Contract;
using Fusion.Compiler.Headers;
using Fusion.Compiler.Jobs;

namespace Fusion.Compiler.Caching;

/// <summary>All that a job's images depend on before any header is read. fusionc itself is not in it: what is cached is what
/// NVRTC makes of these, and fusionc reads that anew each time.</summary>
/// <param name="AnyFolder">The key of what is the same wherever the folders are.</param>
/// <param name="TheseFolders">The key of what is of use in the same folders alone.</param>
internal sealed record CacheKey(string AnyFolder, string TheseFolders)
{
    /// <summary>The keys of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="source">Source of the job's kernel.</param>
    /// <param name="setup">What all jobs share.</param>
    /// <param name="roots">The folders.</param>
    /// <param name="nvrtc">NVRTC's identity.</param>
    public static CacheKey Of(CompileJob job, FileContent source, JobSetup setup, CacheRoots roots, string nvrtc)
    {
        var search = setup.IncludeFolders(job.Kernel);
        var anyFolder = Hash.Of(Record.Join(
        [
            nvrtc,
            source.Sha256,
            // What is left out of a source, and what is checked behind it, depends on its headers too.
            .. setup.CodeOf(job.Kernel, source) is { } code && code.Text != source.Text ? [Hash.Of(code.Text)] : Array.Empty<string>(),
            roots.Places(job.Kernel.Source)[0],
            "options",
            .. setup.OptionsWithoutFolders(job),
            // With libcu++ and CUB they differ by what the project says of code for the host.
            .. setup.OptionsOf(job.Kernel, setup.CodeOf(job.Kernel, source)),
            .. setup.CcclPath.Length > 0 ? ["with libcu++ and CUB"] : Array.Empty<string>(),
            "name expressions",
            .. job.Kernel.NameExpressions,
            "folders",
            roots.Folders.Count.ToString(CultureInfo.InvariantCulture),
            .. search.Select(folder => roots.Places(folder)[0]),
        ]));
        return new CacheKey(anyFolder, Hash.Of(Record.Join([anyFolder, .. roots.Folders, .. search])));
    }
}
