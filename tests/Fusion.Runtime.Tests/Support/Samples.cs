using Fusion.Manifest;

namespace Fusion.Runtime.Tests;

/// <summary>Parts of manifests.</summary>
internal static class Samples
{
    public static KernelModule Module(string name, params IEnumerable<KernelImage> images) =>
        new() { Name = name, Source = name + ".cu", Images = [.. images] };

    public static KernelModule ModuleFor(params IEnumerable<string> architectures) =>
        Module("kernels/rms_norm", architectures.Select(a => Image(a)));

    public static KernelImage Image(string architecture, string ptx = "8.4", string sha256 = "", long bytes = 0)
    {
        var kind = architecture.StartsWith("compute_", StringComparison.Ordinal) ? ImageKind.Ptx : ImageKind.Cubin;
        return new()
        {
            Resource = $"{KernelManifest.ResourcePrefix}rms_norm.{architecture}.{(kind == ImageKind.Ptx ? "ptx" : "cubin")}",
            Kind = kind,
            Architecture = architecture,
            Bytes = bytes,
            Sha256 = sha256,
            PtxVersion = ptx,
            Kernels = [Kernel("rms_norm")],
        };
    }

    public static KernelEntry Kernel(string name, params IEnumerable<(string Type, string Name, int Size)> parameters)
    {
        var list = new List<KernelParameter>();
        foreach (var p in parameters)
        {
            var end = list.Count == 0 ? 0 : list[^1].Offset + list[^1].Size;
            var offset = (end + p.Size - 1) / p.Size * p.Size;
            list.Add(new() { Name = p.Name, Type = p.Type, Offset = offset, Size = p.Size });
        }

        return new() { Name = name, Symbol = name, Parameters = list };
    }

    public static KernelManifest Manifest(params IEnumerable<KernelModule> modules) =>
        new() { Schema = KernelManifest.CurrentSchema, Compiler = "1.0.0", Nvrtc = "12.4", Modules = [.. modules] };
}
