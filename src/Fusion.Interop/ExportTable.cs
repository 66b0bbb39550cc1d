using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fusion.Interop;

/// <summary>Table of native functions by name, which a library exports or a program provides.</summary>
public interface IExportTable
{
    /// <summary>Finds a function.</summary>
    /// <param name="name">Name of the function, as a library exports it.</param>
    /// <param name="address">Address of the function, which has C's calling convention and its documented
    /// parameters.</param>
    /// <returns>Whether the table has the function.</returns>
    bool TryGet(string name, out nint address);
}

/// <summary>Functions that a native library exports.</summary>
/// <param name="library">Handle of the loaded library, which stays loaded.</param>
public sealed class LibraryExports(nint library) : IExportTable
{
    /// <inheritdoc/>
    public bool TryGet(string name, out nint address) => NativeLibrary.TryGetExport(library, name, out address);
}

/// <summary>Reads required functions from tables.</summary>
internal static class ExportTables
{
    /// <summary>Loads the first of several libraries that can be used.</summary>
    /// <typeparam name="T">Type of the library's functions.</typeparam>
    /// <param name="names">Names or paths of the libraries, in the order in which they are tried.</param>
    /// <param name="make">Function that reads the functions from a library's table.</param>
    /// <param name="describe">Description of a library that lacks a function, from the message about it.</param>
    /// <param name="library">The library's functions.</param>
    /// <param name="failure">Reasons if no library was found: a line for each name.</param>
    /// <returns>Whether a library with all the functions was found.</returns>
    public static bool TryLoad<T>(
        IEnumerable<string> names, Func<IExportTable, T> make, Func<string, string> describe,
        [NotNullWhen(true)] out T? library, [NotNullWhen(false)] out string? failure)
        where T : class
    {
        var reasons = new List<string>();
        foreach (var name in names)
        {
            try
            {
                library = make(new LibraryExports(NativeLibrary.Load(name)));
                failure = null;
                return true;
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                reasons.Add($"{name}: it could not be loaded");
            }
            catch (EntryPointNotFoundException e)
            {
                reasons.Add($"{name}: {describe(e.Message)}");
            }
        }

        library = null;
        failure = string.Join(Environment.NewLine, reasons);
        return false;
    }

    /// <summary>Gets the address of a required function.</summary>
    /// <param name="exports">Table of functions.</param>
    /// <param name="name">Name of the function.</param>
    /// <exception cref="EntryPointNotFoundException">The table does not have the function.</exception>
    public static nint Get(this IExportTable exports, string name) => exports.TryGet(name, out var address)
        ? address : throw new EntryPointNotFoundException($"The function {name} is missing.");
}
