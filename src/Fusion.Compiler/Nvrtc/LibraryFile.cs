using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Fusion.Compiler.Nvrtc;

/// <summary>Looks at a library's file before it is loaded: the system's loader maps a file that is cut off without a look at its
/// length, and the process dies at the first touch of what is missing.</summary>
/// <remarks>Field offsets and numbers: ELF-64 object file format, and the processors' supplements.</remarks>
internal static class LibraryFile
{
    private const int HeaderBytes = 64;
    private const int LoadSegment = 1;

    private static readonly Dictionary<int, string> Machines = new() { [62] = "X64", [183] = "Arm64" };

    /// <summary>Why an NVRTC must not be loaded: its own file's fault, or that of the builtins beside it.</summary>
    /// <param name="path">Path, or a name for the loader, about which nothing is known.</param>
    /// <returns>Empty if nothing is wrong, or if the loader is the one to say what.</returns>
    public static string ProblemOfNvrtc(string path)
    {
        if (!Path.IsPathFullyQualified(path) || !File.Exists(path)) return "";
        if (Problem(path) is { Length: > 0 } own) return own;
        return Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "libnvrtc-builtins.so*").Order(StringComparer.Ordinal)
            .Select(file => (File: file, Problem: Problem(file))).Where(b => b.Problem.Length > 0)
            .Select(b => $"of '{b.File}' beside it, which it needs: {b.Problem}").FirstOrDefault() ?? "";
    }

    private static string Problem(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes) return "";
            // ELF, of 64 bits, little end first.
            if (!header.StartsWith("\u007fELF\u0002\u0001"u8)) return "";
            var processor = Machines.GetValueOrDefault(BinaryPrimitives.ReadUInt16LittleEndian(header[18..]), "other");
            var own = RuntimeInformation.ProcessArchitecture.ToString();
            if (processor != own) return $"it is for {processor} processors, and this one is {own}";
            var says = LoadedBytes(file, header);
            return says <= file.Length ? "" : string.Create(CultureInfo.InvariantCulture,
                $"it is cut off: it has {file.Length:N0} bytes of at least {says:N0}. Copy or install it again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    // How far the segments reach that the loader maps.
    private static long LoadedBytes(FileStream file, ReadOnlySpan<byte> header)
    {
        var table = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        var end = table + (long)size * count;
        if (table < 0 || size < 56 || end > file.Length) return end;
        var segments = new byte[size * count];
        file.Position = table;
        file.ReadExactly(segments);
        for (var i = 0; i < count; i++)
        {
            var segment = segments.AsSpan(i * size);
            if (BinaryPrimitives.ReadInt32LittleEndian(segment) != LoadSegment) continue;
            var start = BinaryPrimitives.ReadInt64LittleEndian(segment[8..]);
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(segment[32..]);
            end = Math.Max(end, start + bytes);
        }

        return end;
    }
}
