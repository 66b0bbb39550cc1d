using System.Text;
using Fusion.Build.Contract;
using Fusion.Compiler.Output;

namespace Fusion.Compiler.AllReduce;

/// <summary>Writes the sources of a project's own all-reduce kernels. From then on they are kernels like any other.</summary>
/// <remarks>All target frameworks and configurations have the same ones, so that they share the images too.</remarks>
internal static class AllReduceSources
{
    /// <summary>Writes the sources; one that is there already keeps its time.</summary>
    /// <param name="request">The request.</param>
    /// <param name="say">Gets every problem.</param>
    /// <returns>The kernels to compile.</returns>
    /// <exception cref="WriteException">A source cannot be written.</exception>
    public static IReadOnlyList<KernelRequest> Write(CompileRequest request, Action<Diagnostic> say)
    {
        var folder = request.SharedDirectory.Length > 0 ? request.SharedDirectory : request.OutputDirectory;
        var kernels = new List<KernelRequest>();
        foreach (var module in new AllReduceReading(request.Defaults["Architectures"], say).Read(request.AllReduces))
        {
            var source = Path.Combine(folder, module.Name + ".cu");
            AtomicFile.Write(source, Encoding.UTF8.GetBytes(AllReduceSource.Write(module)));
            kernels.Add(new KernelRequest { Source = source, Name = module.Name, ["Architectures"] = module.Architectures });
        }

        return kernels;
    }
}
